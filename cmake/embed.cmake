# Puts a file into the program. As a module: kg_embed(TARGET FILE HEADER NAME) adds a source that
# defines `const struct str NAME`, declared in HEADER, with the file's bytes. As a script (cmake -P)
# it writes that source.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ "${INPUT}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE "${OUTPUT}" "#include \"${HEADER}\"\n"
    "static const unsigned char bytes[] = { ${bytes} };\n"
    "const struct str ${NAME} = { (const char *)bytes, sizeof(bytes) };\n")
  return()
endif()

set(KG_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(kg_embed target file header name)
  set(source "${CMAKE_BINARY_DIR}/embedded/${name}.c")
  add_custom_command(
    OUTPUT "${source}"
    COMMAND "${CMAKE_COMMAND}" "-DINPUT=${CMAKE_SOURCE_DIR}/${file}" "-DOUTPUT=${source}"
      "-DHEADER=${header}" "-DNAME=${name}" -P "${KG_EMBED_SCRIPT}"
    DEPENDS "${CMAKE_SOURCE_DIR}/${file}" "${KG_EMBED_SCRIPT}"
    VERBATIM)
  target_sources(${target} PRIVATE "${source}")
endfunction()
