# Programs over the rooms; also read by find_package(fovea). FOVEA_SOURCES is where apps/ lies.
# fovea_computing(TARGET DIR LINK target…): libfovea-computing.so in DIR, the half of the programs that needs LibTorch, and the
# programs there that load it. A program starts without LibTorch: `--help` is quick.
function(fovea_computing target dir)
  cmake_parse_arguments(COMPUTING "" "" "LINK" ${ARGN})
  add_library(${target} MODULE ${FOVEA_SOURCES}/apps/computing/programs.cpp)
  target_link_libraries(${target} PRIVATE ${COMPUTING_LINK} fovea_apps)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME fovea-computing LIBRARY_OUTPUT_DIRECTORY ${dir}
                        INSTALL_RPATH "$ORIGIN;${TORCH_INSTALL_PREFIX}/lib")
endfunction()

# fovea_programs(DIR PREFIX NAME…): apps/NAME.cpp becomes DIR/fovea-NAME (fovea itself keeps its name), target PREFIX-NAME.
function(fovea_programs dir prefix)
  foreach(name IN LISTS ARGN)
    add_executable(${prefix}-${name} ${FOVEA_SOURCES}/apps/${name}.cpp)
    target_link_libraries(${prefix}-${name} PRIVATE fovea_apps_plain)
    set_target_properties(${prefix}-${name} PROPERTIES OUTPUT_NAME fovea-${name} RUNTIME_OUTPUT_DIRECTORY ${dir} BUILD_RPATH "$ORIGIN"
                          INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR}/fovea")
  endforeach()
endfunction()
