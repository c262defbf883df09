# Every bench/*_bench.cpp is a program; run tiny inside the tests so that it cannot rot.
file(GLOB bench_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/*_bench.cpp)
foreach(source ${bench_sources})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE engine_app domains)
  if(NOT SPATE_SANITIZE)
    target_link_libraries(${name} PRIVATE PkgConfig::JEMALLOC)
  endif()
  if(SPATE_TESTS)
    add_test(NAME bench.${name} COMMAND ${name} --tiny WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(bench.${name} PROPERTIES LABELS bench TIMEOUT 300)
  endif()
endforeach()

# The quick parts of bench/kafka/compare, which needs a broker and Java.
file(GLOB flow_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/bench/kafka/*.cpp)
add_executable(kafka_flow ${flow_sources})
target_link_libraries(kafka_flow PRIVATE engine_app domains)
