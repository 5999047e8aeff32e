#include "apps/plain/program.h"

#include <cstdio>
#include <iostream>
#include <new>

#include "apps/plain/describe.h"
#include "src/base/error.h"
#include "src/base/version.h"

namespace fovea {
namespace {

/// What an allocator of LibTorch says, in one readable line.
std::string readable(const std::string& message) {
  const std::string mark = "you tried to allocate ";
  const size_t at = message.find(mark);
  if (at == std::string::npos) return message;
  const size_t begin = at + mark.size();
  return "out of memory: tried to allocate " + message.substr(begin, message.find(" bytes", begin) - begin) +
         " bytes";
}

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

void whole_number(CLI::Option* option, int64_t least, int64_t most) {
  // The library's own reading stops at the largest number without a word.
  option->check(CLI::Validator(
      [least, most](std::string& text) -> std::string {
        const std::string digits = text.substr(!text.empty() && text[0] == '-' ? 1 : 0);
        const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
        const bool fits =
            number && digits.size() < 19 && std::stoll(text) >= least && std::stoll(text) <= most;
        if (fits) return "";
        const std::string wanted = most == kMostNumber
                                       ? "at least " + std::to_string(least)
                                       : std::to_string(least) + " to " + std::to_string(most);
        return "expected a whole number, " + wanted + "; found " + text;
      },
      ""));
}

void add_checkpoint(CLI::App& app, std::string& checkpoint) {
  app.add_option("--checkpoint", checkpoint,
                 "step-N, mean-N (of the newest N), BEST or LATEST (BEST, else LATEST)");
}

void add_threads(CLI::App& app, int64_t& threads, const std::string& help) {
  whole_number(app.add_option("--threads", threads, help), 1, 1024);
}

int run_program(CLI::App& app, int argc, char** argv, const std::function<int()>& body) {
  try {
    if (argc == 2 && std::string(argv[1]) == "--describe") {  // for completion and manual pages
      std::cout << to_text(described(app), 1) << std::endl;
      return 0;
    }
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
    print_error(app.get_name(), readable(error.what()));
  }
  return static_cast<int>(ExitCode::kFailure);
}

}  // namespace fovea
