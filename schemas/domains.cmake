# Finds the domains by their schemas, runs flatc at build time, and writes the one table of domains.
# A domain is schemas/<d>.fbs + handlers/<d>.cpp + projections/<d>.cpp + an entry in topics/topics.yaml.
find_program(FLATC flatc REQUIRED)
set(SPATE_DOMAIN_ROOT ${CMAKE_SOURCE_DIR} CACHE PATH "Where schemas/, handlers/, projections/, topics/ lie")
set(GEN ${CMAKE_BINARY_DIR}/gen)
file(MAKE_DIRECTORY ${GEN}/schemas)
file(GLOB schema_files CONFIGURE_DEPENDS ${SPATE_DOMAIN_ROOT}/schemas/*.fbs)
list(APPEND schema_files  # the engine's own
  ${CMAKE_SOURCE_DIR}/schemas/envelope.fbs ${CMAKE_SOURCE_DIR}/schemas/attributes.fbs)
list(REMOVE_DUPLICATES schema_files)
file(READ ${SPATE_DOMAIN_ROOT}/topics/topics.yaml topics_text)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${SPATE_DOMAIN_ROOT}/topics/topics.yaml)
set(attributes_file ${CMAKE_SOURCE_DIR}/schemas/attributes.fbs)

foreach(half handlers projections)
  file(GLOB parts CONFIGURE_DEPENDS ${SPATE_DOMAIN_ROOT}/${half}/*.cpp)
  foreach(part ${parts})
    get_filename_component(name ${part} NAME_WE)
    if(NOT EXISTS ${SPATE_DOMAIN_ROOT}/schemas/${name}.fbs)
      message(FATAL_ERROR "domain '${name}' has ${half}/${name}.cpp but no schemas/${name}.fbs: write it, or remove the code")
    endif()
  endforeach()
endforeach()

# A schema that the catalog would refuse at a start stops the build: see check.cpp.
if(SPATE_ENGINE_BUILD)
  add_executable(schema_check IMPORTED)
  set_target_properties(schema_check PROPERTIES IMPORTED_LOCATION ${SPATE_ENGINE_BUILD}/schema_check)
else()
  add_executable(schema_check ${CMAKE_SOURCE_DIR}/schemas/check.cpp)
  target_link_libraries(schema_check PRIVATE engine_codec)
  add_dependencies(schema_check generated_schemas)
endif()

set(generated "")
set(domain_names "")
# c++11: for c++17 flatc writes a `Traits::Create` into each table, which a command `Create` would not survive.
foreach(schema ${schema_files})
  get_filename_component(name ${schema} NAME_WE)
  set(header ${GEN}/schemas/${name}_generated.h)
  add_custom_command(OUTPUT ${header}
    COMMAND ${FLATC} --cpp --cpp-std c++11 --scoped-enums --gen-mutable --gen-object-api
            --gen-name-strings -I ${CMAKE_SOURCE_DIR}/schemas -o ${GEN}/schemas ${schema}
    DEPENDS ${schema} ${attributes_file} COMMENT "flatc ${name}" VERBATIM)
  list(APPEND generated ${header})
  if(name STREQUAL "envelope" OR name STREQUAL "attributes")
    continue()
  endif()
  foreach(part handlers/${name}.cpp projections/${name}.cpp)
    if(NOT EXISTS ${SPATE_DOMAIN_ROOT}/${part})
      message(FATAL_ERROR "domain '${name}' has schemas/${name}.fbs but no ${part}: write it, or remove the schema")
    endif()
  endforeach()
  if(NOT topics_text MATCHES "\n  ${name}:")
    message(FATAL_ERROR "domain '${name}' has no entry in topics/topics.yaml: add '  ${name}:' under 'domains:'")
  endif()
  list(APPEND domain_names ${name})
  set(binary ${GEN}/schemas/${name}.bfbs)
  add_custom_command(OUTPUT ${binary}
    COMMAND ${FLATC} --binary --schema --bfbs-comments --bfbs-builtins -I ${CMAKE_SOURCE_DIR}/schemas -o ${GEN}/schemas ${schema}
    DEPENDS ${schema} ${attributes_file} VERBATIM)
  set(embedded ${GEN}/schemas/${name}_bfbs.cpp)
  add_custom_command(OUTPUT ${embedded}
    COMMAND schema_check ${name} ${binary}
    COMMAND ${CMAKE_COMMAND} -DIN=${binary} -DOUT=${embedded} -DNAME=${name} -P ${CMAKE_SOURCE_DIR}/schemas/embed.cmake
    DEPENDS ${binary} schema_check ${CMAKE_SOURCE_DIR}/schemas/embed.cmake VERBATIM)
  list(APPEND embedded_sources ${embedded})
  foreach(half handlers projections)
    add_library(${half}_${name} OBJECT ${SPATE_DOMAIN_ROOT}/${half}/${name}.cpp)
    target_link_libraries(${half}_${name} PRIVATE tl::expected)
    list(APPEND domain_objects $<TARGET_OBJECTS:${half}_${name}>)
    list(APPEND domain_targets ${half}_${name})
  endforeach()
  string(APPEND declarations
    "namespace ${name} {\nextern const unsigned char bfbs[];\nextern const unsigned long bfbs_size;\n"
    "const HandlerTable& handler();\nconst ProjectionTable& projection();\n}\n")
  string(APPEND entries
    "    {\"${name}\", &${name}::handler(), &${name}::projection(), {${name}::bfbs, ${name}::bfbs_size}},\n")
endforeach()

add_custom_target(generated_schemas DEPENDS ${generated})
foreach(target ${domain_targets})
  add_dependencies(${target} generated_schemas)
endforeach()

file(CONFIGURE OUTPUT ${GEN}/domains.cpp CONTENT
"// The table of domains, written by the build from schemas/*.fbs.
#include \"engine/api/domain.hpp\"
namespace spate {
${declarations}
std::span<const Domain> domains() {
  static const Domain table[] = {
${entries}  };
  return table;
}
std::string_view topics_text() {
  return R\"topics(${topics_text})topics\";
}
}  // namespace spate
" @ONLY)
add_library(domains STATIC ${GEN}/domains.cpp ${embedded_sources} ${domain_objects})
add_dependencies(domains generated_schemas)
target_link_libraries(domains PUBLIC engine_api)
