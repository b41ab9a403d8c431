# Fetches the packages of SOURCE/package-lock.json, exactly these, into FOLDER, unless they are
# there.
# Run with cmake -P: -DNPM=… -DSOURCE=… -DFOLDER=… -DWHAT="what they are, for the message".
file(MAKE_DIRECTORY ${FOLDER})
file(COPY_FILE ${SOURCE}/package.json ${FOLDER}/package.json)
file(COPY_FILE ${SOURCE}/package-lock.json ${FOLDER}/package-lock.json)
file(SHA256 ${SOURCE}/package-lock.json wanted)
set(fetched "")
if(EXISTS ${FOLDER}/fetched.stamp)
  file(READ ${FOLDER}/fetched.stamp fetched)
endif()
if(NOT fetched STREQUAL wanted)
  execute_process(
    COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund
    WORKING_DIRECTORY ${FOLDER}
    RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${WHAT} could not be fetched: `npm ci` failed in ${FOLDER}. It needs an "
                        "npm registry once; then try again.\n${output}")
  endif()
endif()
file(WRITE ${FOLDER}/fetched.stamp ${wanted})
