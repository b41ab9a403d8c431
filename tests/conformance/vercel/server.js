// Serves @vercel/cosmosdb-server on a free port of the loopback until its standard input ends, and
// prints its endpoint. Its own command closes the connection after each answer; this keeps it.
const { createHttpServer } = require('@vercel/cosmosdb-server');

const server = createHttpServer({ keepAlive: true }).listen(0, '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/`);
});
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
