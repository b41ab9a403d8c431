-- The select that Weir and pgbench are measured with, prepared: its text comes in WEIR_SELECT, with
-- one parameter for the id. Run by postgres.mjs.
local keys = 100000

function thread_init()
  connection = sysbench.sql.driver():connect()
  statement = connection:prepare(os.getenv("WEIR_SELECT"))
  id = statement:bind_create(sysbench.sql.type.VARCHAR, 20)
  statement:bind_param(id)
end

function event()
  id:set(tostring(sysbench.rand.uniform(1, keys)))
  statement:execute()
end

function thread_done()
  statement:close()
  connection:disconnect()
end
