# cmake -D OUTPUT=file.cpp -D SOURCES=file;... -D LIBRARIES=text -P build_identity.cmake: the definition of build_identity().
set(digests "${LIBRARIES}")
foreach(source IN LISTS SOURCES)
  file(SHA256 ${source} digest)
  string(APPEND digests "\n${digest}")
endforeach()
string(SHA256 identity "${digests}")
file(WRITE ${OUTPUT} "#include \"jit/build_identity.h\"

std::string_view actinide::jit::build_identity() {
  return \"${identity}\";
}
")
