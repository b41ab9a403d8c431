# Fetches the packages of package-lock.json, exactly these, into FOLDER. Run with cmake -P at build time.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/package.json ${CMAKE_CURRENT_LIST_DIR}/package-lock.json
     DESTINATION ${FOLDER})
execute_process(
  COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund
  WORKING_DIRECTORY ${FOLDER}
  RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "The HTML report's chart library could not be fetched: `npm ci` failed in "
                      "${FOLDER}. It needs an npm registry once; then build again.\n${output}")
endif()
file(TOUCH ${FOLDER}/fetched.stamp)
