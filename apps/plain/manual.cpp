#include "apps/plain/manual.h"

#include "apps/plain/verbs.h"
#include "src/base/text.h"
#include "src/base/version.h"

namespace fovea {
namespace {

/// Text as roff shows it: no escapes, no requests, hyphens that can be copied.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\\' ? "\\e" : c == '-' ? "\\-" : std::string(1, c);
  return out;
}

/// A line of its own, whatever it begins with.
std::string line(const std::string& text) {
  const std::string shown = roff(text);
  return (!shown.empty() && (shown[0] == '.' || shown[0] == '\'') ? "\\&" : "") + shown + "\n";
}

std::string heading(const std::string& page, const std::string& summary) {
  std::string upper;
  for (const char c : page) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH \"" + roff(upper) + "\" 1 \"\" \"fovea " + kVersion + "\" \"fovea\"\n.SH NAME\n" + roff(page) +
         " \\- " + line(summary);
}

/// "--out VALUE", "run", "[runs …]".
std::string form_of(const Json& option) {
  const auto names = option.at("names").get<std::vector<std::string>>();
  std::string form = "\\fB" + roff(join(names, ", ")) + "\\fR";
  if (!option.at("positional") && !option.at("flag")) form += " \\fIvalue\\fR";
  return form;
}

std::string synopsis(const Json& description) {
  const std::string name = description.at("name");
  std::string text = ".SH SYNOPSIS\n.B " + roff(name) + "\n";
  for (const Json& option : description.at("options")) {
    if (!option.at("positional") && !option.at("required")) continue;
    const std::string form = form_of(option) + (option.at("many") ? " …" : "");
    text += option.at("required") ? form + "\n" : "[" + form + "]\n";
  }
  return text + "[\\fIoptions\\fR]\n";
}

std::string help_of(const Json& option) {
  std::string help = option.at("help");
  const auto choices = option.at("choices").get<std::vector<std::string>>();
  if (!choices.empty() && help.find(choices[0]) == std::string::npos)
    help += " (" + join(choices, ", ") + ")";
  return help;
}

}  // namespace

std::string manual_page(const Json& description) {
  std::string text = heading(description.at("name"), description.at("summary")) + synopsis(description);
  text += ".SH DESCRIPTION\n" + line(description.at("summary")) + ".SH OPTIONS\n";
  for (const Json& option : description.at("options"))
    text += ".TP\n" + form_of(option) + "\n" + line(help_of(option));
  text += ".TP\n\\fB\\-\\-help\\fR, \\fB\\-\\-version\\fR\nWhat this page says, and which version this is.\n";
  text += ".SH EXAMPLES\n.nf\n";
  for (const std::string& one : split(trim(description.at("examples").get<std::string>()), '\n'))
    text += line(one);
  return text +
         ".fi\n.SH EXIT STATUS\n0 done; 1 failed at run time; 2 command line or configuration; 3 data; 4 "
         "run, checkpoint or model "
         "file; 5 diverged; 6 unfinished runs; 130, 143 stopped by a signal, after saving.\n.SH SEE "
         "ALSO\n.BR fovea (1)\n";
}

std::string front_manual_page() {
  std::string text = heading("fovea", "a toolkit for research on attention") +
                     ".SH SYNOPSIS\n.B fovea\n\\fIverb\\fR [\\fIoptions\\fR]\n.SH DESCRIPTION\n" +
                     line("Runs fovea-VERB. Every verb has --help with examples and a page of its own.") +
                     ".SH VERBS\n";
  for (const Verb& verb : kVerbs) text += ".TP\n\\fB" + roff(verb.name) + "\\fR\n" + line(verb.what);
  text += ".SH SEE ALSO\n";
  for (size_t i = 0; i < kVerbs.size(); ++i)
    text += ".BR fovea\\-" + std::string(kVerbs[i].name) + " (1)" + (i + 1 < kVerbs.size() ? ",\n" : "\n");
  return text;
}

}  // namespace fovea
