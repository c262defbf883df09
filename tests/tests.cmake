# One test executable a folder of tests/; its ctest label says what kind of tests they are.
find_package(GTest REQUIRED)
include(GoogleTest)

file(GLOB support_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/support/*.cpp)
if(support_sources)
  add_library(test_support STATIC ${support_sources})
  target_link_libraries(test_support PUBLIC engine_processor engine_projector GTest::gtest)
  add_dependencies(test_support generated_schemas)
  # Who links only a part of it does not need the domains that other parts ask for.
  set_target_properties(test_support PROPERTIES UNITY_BUILD OFF)
else()
  add_library(test_support INTERFACE)
endif()

# Under ThreadSanitizer only these are built: the others have one thread.
set(threaded_folders engine/base engine/log engine/state engine/processor engine/projector
  engine/telemetry engine/edge engine/cluster engine/app contract system crash)

# Of those folders, what has one thread and runs many seeds: there is no race in it to be found.
set(unthreaded_tests KafkaFight.* MoveToKafka.* MoveFromKafka.* CommonPeriods.* ViewPeriod.*
  RowTable.AgreesWithAMapUnderRandomFreezesRevertsAndCrashes Views.AgreeWithAModelOver* GrowingFilter.*
  SegmentLog.KeepsAcknowledgedRecordsThroughPowerCutsKillsAndFailedSyncs Logs/Damage.*
  SegmentLog.KeepsAToldTailThroughPowerCutsAtEveryCallOfItsRecovery_B3)

# For every test, and for the servers that scripts start.
set(test_environment "")
set(test_filter "")
if(SPATE_SANITIZE STREQUAL "thread")
  list(JOIN unthreaded_tests ":" filter)
  set(test_filter TEST_FILTER "-${filter}")
  set(test_environment "TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/support/tsan.supp")
endif()

# test_folder(FOLDER LABEL libraries…): all of FOLDER as one executable, each test by itself in ctest.
function(test_folder folder label)
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/${folder}/*.cpp)
  if(NOT sources OR (SPATE_SANITIZE STREQUAL "thread" AND NOT folder IN_LIST threaded_folders))
    return()
  endif()
  string(REPLACE "/" "_" name ${folder})
  add_executable(${name}_tests ${sources})
  if(NOT folder STREQUAL "simulation")
    target_compile_options(${name}_tests PRIVATE -O0)  # only the tests: a third of the time
  endif()
  target_link_libraries(${name}_tests PRIVATE test_support ${ARGN} GTest::gtest GTest::gtest_main)
  add_dependencies(${name}_tests generated_schemas)
  set(seconds 300)
  if(folder STREQUAL "simulation")  # each of its tests runs hundreds of seeds
    set(seconds 900)
  endif()
  gtest_discover_tests(${name}_tests TEST_PREFIX ${label}. DISCOVERY_TIMEOUT 60 ${test_filter}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    PROPERTIES LABELS ${label} TIMEOUT ${seconds} ENVIRONMENT "${test_environment}")
endfunction()

test_folder(engine/base unit engine_base)
test_folder(engine/api unit engine_api)
test_folder(engine/codec unit engine_codec domains)
test_folder(engine/log unit engine_log)
test_folder(engine/state unit engine_state)
test_folder(engine/processor unit engine_processor domains)
test_folder(engine/projector unit engine_projector domains)
test_folder(engine/replay unit engine_replay domains)
test_folder(engine/shipping unit engine_shipping)
test_folder(engine/snapshots unit engine_snapshots)
test_folder(engine/telemetry unit engine_telemetry)
test_folder(engine/edge unit engine_edge engine_replay domains)
test_folder(engine/cluster unit engine_cluster engine_edge engine_replay domains)
test_folder(engine/feeds unit engine_feeds domains)
test_folder(engine/app unit engine_app domains)
test_folder(engine/cli unit engine_cli domains)
test_folder(handlers unit engine_processor engine_codec domains)
test_folder(projections unit engine_projector engine_codec domains)
test_folder(contract contract engine_log)
test_folder(simulation simulation engine_app domains)
test_folder(crash crash engine_app domains)
test_folder(system system engine_app domains)

# Tests that are scripts: tests/*/*_test.py. Their label is the folder; exit code 77 means skipped.
file(GLOB scripts CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/*/*_test.py)
foreach(script ${scripts})
  get_filename_component(name ${script} NAME_WE)
  get_filename_component(label ${script} DIRECTORY)
  get_filename_component(label ${label} NAME)
  if(SPATE_SANITIZE STREQUAL "thread" AND NOT label IN_LIST threaded_folders)
    continue()
  endif()
  add_test(NAME ${label}.${name} COMMAND python3 ${script} ${CMAKE_BINARY_DIR}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set(seconds 900)
  if(label STREQUAL "kafka")  # many checks of real clusters in one script
    set(seconds 1800)
  endif()
  set_tests_properties(${label}.${name} PROPERTIES LABELS ${label} TIMEOUT ${seconds} SKIP_RETURN_CODE 77
    ENVIRONMENT "${test_environment}")
endforeach()

add_executable(simulation tests/simulation/program/simulation.cpp tests/simulation/world.cpp
  tests/simulation/client.cpp tests/simulation/seeds.cpp
  tests/simulation/world_views.cpp tests/simulation/memory_log_under_test.cpp
  tests/simulation/segment_log_under_test.cpp tests/simulation/kafka_log_under_test.cpp
  tests/simulation/kafka_rival.cpp tests/simulation/shipped_stores.cpp
  tests/simulation/world_shipping.cpp)
target_link_libraries(simulation PRIVATE test_support engine_app domains)
add_dependencies(simulation generated_schemas)

# Also by itself: short enough for every change.
if(TEST kafka.hurt_test)
  set_tests_properties(kafka.hurt_test PROPERTIES LABELS "kafka;hurt")
endif()

# For checks of tests/kafka: damage that no checksum of a store sees.
add_executable(hurt_store tests/kafka/program/hurt_store.cpp)
target_link_libraries(hurt_store PRIVATE engine_state engine_projector)
add_dependencies(hurt_store generated_schemas)

# Against a real cluster, which SPATE_KAFKA names: tests/kafka/cluster_test.py starts one and runs it.
file(GLOB kafka_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/kafka/*.cpp)
add_executable(kafka_tests ${kafka_sources} tests/contract/log_contract_test.cpp)
target_link_libraries(kafka_tests PRIVATE test_support engine_log GTest::gtest GTest::gtest_main)
add_dependencies(kafka_tests generated_schemas)
