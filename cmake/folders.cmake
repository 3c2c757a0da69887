# kg_folder(NAME USES folder... LINKS target...): every .c of a source folder as the static library
# kg_NAME. A new file is picked up by itself; agent/main.c belongs to the executable alone.
function(kg_folder name)
  cmake_parse_arguments(arg "" "" "USES;LINKS" ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${name}/*.c")
  list(FILTER sources EXCLUDE REGEX "/agent/main\\.c$")
  if(NOT sources) # a folder that holds headers alone
    add_library(kg_${name} INTERFACE)
    set(scope INTERFACE)
  else()
    add_library(kg_${name} STATIC ${sources})
    set(scope PUBLIC)
  endif()
  list(TRANSFORM arg_USES PREPEND kg_)
  target_link_libraries(kg_${name} ${scope} ${arg_USES} ${arg_LINKS})
endfunction()
