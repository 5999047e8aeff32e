# Writes OUT, which says which commit of SOURCE is built ("+" when files differ from it), and only when that changed.
execute_process(COMMAND git -C ${SOURCE} describe --always --abbrev=12 --exclude=* --dirty=+
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR NOT commit)
  set(commit unknown)
endif()
set(content "#include \"apps/plain/commit.h\"\n\nnamespace fovea {\nconst char* const kCommit = \"${commit}\";\n}\n")
set(before "")
if(EXISTS ${OUT})
  file(READ ${OUT} before)
endif()
if(NOT content STREQUAL before)
  file(WRITE ${OUT} "${content}")
endif()
