# run(COMMAND...): runs a command of a test script; if it fails, so does the script, with all that the command printed.
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(status)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
endfunction()

# refused(MESSAGE COMMAND...): the command fails and prints the message, however its lines are broken.
function(refused message)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE output ERROR_VARIABLE output)
  string(REGEX REPLACE "[ \n]+" " " output "${output}")
  string(FIND "${output}" "${message}" place)
  if(NOT status OR place EQUAL -1)
    message(FATAL_ERROR "exit status ${status}, expected '${message}' in:\n${output}")
  endif()
endfunction()
