# cmake --install: the component `programs` (programs, completion, manual pages) and the component `development` (headers, libraries, what
# find_package(fovea) needs); cpack -G DEB makes a package of each.
option(FOVEA_BUNDLE_LIBTORCH "Install LibTorch's libraries beside the programs (some 440 MB)" OFF)
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # what is installed has been built: no build from within cpack
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fovea)

set(program_targets)
foreach(program IN LISTS programs)
  get_filename_component(name ${program} NAME_WE)
  list(APPEND program_targets fovea-${name})
endforeach()
install(TARGETS ${program_targets} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
install(TARGETS fovea-computing LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/fovea COMPONENT programs)
if(FOVEA_BUNDLE_LIBTORCH AND TARGET torch_cuda)
  message(FATAL_ERROR "FOVEA_BUNDLE_LIBTORCH: this LibTorch was built with CUDA, whose libraries would have to go along; take one for the CPU")
endif()
if(FOVEA_BUNDLE_LIBTORCH)
  get_target_property(torch_library torch LOCATION)
  get_filename_component(torch_dir ${torch_library} DIRECTORY)
  file(GLOB torch_files ${torch_dir}/libtorch.so* ${torch_dir}/libtorch_cpu.so* ${torch_dir}/libc10.so* ${torch_dir}/libgomp*.so*)
  install(FILES ${torch_files} DESTINATION ${CMAKE_INSTALL_LIBDIR}/fovea COMPONENT programs)
endif()

# Completion and manual pages as the programs that are installed write them.
set(written ${PROJECT_BINARY_DIR}/written)
install(CODE "
  file(MAKE_DIRECTORY ${written})
  execute_process(COMMAND ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fovea-man --out ${written}/man COMMAND_ERROR_IS_FATAL ANY)
  foreach(shell bash zsh fish)
    execute_process(COMMAND ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/fovea-completion \${shell} OUTPUT_FILE ${written}/\${shell} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()" COMPONENT programs)
install(DIRECTORY ${written}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)
install(FILES ${written}/bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME fovea COMPONENT programs)
install(FILES ${written}/zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _fovea COMPONENT programs)
install(FILES ${written}/fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME fovea.fish COMPONENT programs)

get_property(rooms GLOBAL PROPERTY FOVEA_ROOMS)
install(TARGETS fovea_options fovea_json fovea_cli fovea_sentencepiece fovea_torch ${rooms}
        EXPORT fovea ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/fovea COMPONENT development)
install(EXPORT fovea FILE foveaTargets.cmake DESTINATION ${package_dir} COMPONENT development)
install(DIRECTORY src models data apps DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fovea COMPONENT development FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${sentencepiece_include}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/fovea/sentencepiece COMPONENT development FILES_MATCHING PATTERN "*.h")
install(FILES ${sentencepiece_library} ${sentencepiece_trainer} DESTINATION ${CMAKE_INSTALL_LIBDIR}/fovea COMPONENT development)
# What is compiled anew with an attention of one's own in it: the programs and the registries.
install(FILES ${programs} DESTINATION ${CMAKE_INSTALL_DATADIR}/fovea/apps COMPONENT development)
install(FILES apps/computing/programs.cpp DESTINATION ${CMAKE_INSTALL_DATADIR}/fovea/apps/computing COMPONENT development)
install(FILES models/attention/registry.cpp DESTINATION ${CMAKE_INSTALL_DATADIR}/fovea/models/attention COMPONENT development)
install(FILES models/nets/registry.cpp DESTINATION ${CMAKE_INSTALL_DATADIR}/fovea/models/nets COMPONENT development)
install(FILES data/tasks/registry.cpp DESTINATION ${CMAKE_INSTALL_DATADIR}/fovea/data/tasks COMPONENT development)

include(CMakePackageConfigHelpers)
configure_package_config_file(third_party/foveaConfig.cmake.in ${PROJECT_BINARY_DIR}/package/foveaConfig.cmake INSTALL_DESTINATION ${package_dir}
                              PATH_VARS CMAKE_INSTALL_DATADIR CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/foveaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/foveaConfig.cmake ${PROJECT_BINARY_DIR}/package/foveaConfigVersion.cmake
              third_party/packages.cmake third_party/programs.cmake DESTINATION ${package_dir} COMPONENT development)

set(CPACK_GENERATOR DEB)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
set(CPACK_PACKAGE_NAME fovea)
set(CPACK_PACKAGE_VENDOR fovea)
set(CPACK_PACKAGE_CONTACT "the authors of fovea")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "a toolkit for research on attention")
set(CPACK_COMPONENTS_ALL programs development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME fovea)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME fovea-dev)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_DEPENDS "libstdc++6, libpangocairo-1.0-0, libpangoft2-1.0-0, libpng16-16, libturbojpeg0, libwebp7, libwebpmux3, libwebpdemux2, libzip4, libarchive13, zlib1g, libssl3, libutf8proc2, fonts-dejavu-core")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_RECOMMENDS "curl, fonts-noto-cjk")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "fovea (= ${PROJECT_VERSION}), cmake, pkg-config, nlohmann-json3-dev, libcli11-dev, libpango1.0-dev, libpng-dev, libturbojpeg0-dev, libwebp-dev, libzip-dev, libarchive-dev, zlib1g-dev, libssl-dev, libutf8proc-dev, libboost-math-dev")
include(CPack)
