#include "apps/plain/program.h"

#include <cstdio>
#include <iostream>
#include <new>

#include "src/base/error.h"
#include "src/base/version.h"

namespace fovea {
namespace {

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

void print_error(const std::string& program, const std::string& message) {
  std::cerr << program << ": " << first_line(message) << std::endl;
}

void print_warning(const std::string& message) {
  std::cerr << "warning: " << first_line(message) << std::endl;
}

void describe_program(CLI::App& app, const std::string& verb, const std::string& summary,
                      const std::string& examples) {
  app.name("fovea-" + verb);
  app.description(summary);
  app.footer("Examples:\n" + examples);
  app.set_version_flag("--version", std::string("fovea ") + kVersion);
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  try {
    app.parse(argc, argv);
    const int code = body();
    std::cout.flush();
    if (!std::cout) throw Error("cannot write to standard output");
    return code;
  } catch (const CLI::Success& asked) {  // --help, --version
    return app.exit(asked);
  } catch (const CLI::ParseError& error) {
    print_error(app.get_name(), error.what());
    return static_cast<int>(ExitCode::kUsage);
  } catch (const Error& error) {
    print_error(app.get_name(), error.what());
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    print_error(app.get_name(), "out of memory");
  } catch (const std::exception& error) {
    print_error(app.get_name(), error.what());
  }
  return static_cast<int>(ExitCode::kFailure);
}

}  // namespace fovea
