#include "apps/plain/completion.h"

#include <algorithm>
#include <set>

#include "apps/plain/datasets.h"
#include "apps/plain/embedded.h"
#include "apps/plain/process.h"
#include "apps/plain/verbs.h"
#include "src/base/text.h"

namespace fovea {
namespace {

using Names = std::vector<std::string>;

Json answer(const std::string& verb, const Names& words) {
  return parse_json(output_of(verb, words), "fovea-" + verb);
}

Names names_in(const Json& entries) {
  Names names;
  for (const Json& entry : entries) names.push_back(entry.at("name"));
  return names;
}

/// Keys with their values: choices where a key has them, registry names where it chooses by name.
void add_keys(Vocabulary& words) {
  std::map<std::string, Names> axes;
  for (const char* what :
       {"attentions", "scorers", "normalizers", "patterns", "positions", "models", "tasks"})
    axes[what] = names_in(answer("list", {what, "--format", "json"}).at(what));
  std::map<std::string, std::set<std::string>> values;
  std::set<std::string> keys{"task", "model"};
  const Json listed = answer("list", {"keys", "--format", "json"});
  for (const Json& key : listed.at("keys")) {
    const std::string name = key.at("name");
    keys.insert(name);
    if (key.contains("choices"))
      for (const Json& choice : key["choices"]) values[name].insert(choice.get<std::string>());
    if (key.at("type") == "bool") values[name] = {"true", "false"};
    if (!name.ends_with("attention")) continue;
    values[name].insert(axes["attentions"].begin(), axes["attentions"].end());
    values[name].insert("compose");
    for (const char* axis : {"scorer", "normalizer", "pattern", "position"}) {
      const std::string part = name + "." + axis;
      const Names& known = axes[std::string(axis) + "s"];
      keys.insert(part);
      values[part].insert(known.begin(), known.end());
    }
    keys.insert(name + ".heads");
  }
  values["model"].insert(axes["models"].begin(), axes["models"].end());
  values["task"].insert(axes["tasks"].begin(), axes["tasks"].end());
  words.keys.assign(keys.begin(), keys.end());
  for (const auto& [key, some] : values) words.values[key].assign(some.begin(), some.end());
}

std::string verb_of(const Json& program) {
  return program.at("name").get<std::string>().substr(std::string("fovea-").size());
}

/// What a verb's positional words may be, beyond files: recipes, data sets, names of lists.
Names first_words(const Vocabulary& words, const std::string& verb) {
  if (verb == "train" || verb == "ablate") return words.recipes;
  if (verb == "list") return words.lists;
  if (verb == "data") {
    Names all{"list", "fetch", "check"};
    all.insert(all.end(), words.datasets.begin(), words.datasets.end());
    return all;
  }
  if (verb == "completion") return {"bash", "zsh", "fish"};
  if (verb != "man") return {};
  Names verbs;
  for (const Json& program : words.programs) verbs.push_back(verb_of(program));
  return verbs;
}

bool takes_keys(const std::string& verb) {
  return verb == "train" || verb == "evaluate" || verb == "predict" || verb == "maps" || verb == "ablate";
}

std::string case_line(const std::string& name, const Names& words) {
  return "    " + name + ") echo '" + join(words, " ") + "' ;;\n";
}

/// A shell function of one argument that prints words.
std::string table(const std::string& function, const std::string& cases) {
  return "_fovea_" + function + "() {\n  case \"$1\" in\n" + cases + "  esac\n}\n";
}

std::string bash_script(const Vocabulary& words) {
  std::string options, choices, first, values, with_keys;
  Names verbs;
  for (const Json& program : words.programs) {
    const std::string verb = verb_of(program);
    verbs.push_back(verb);
    Names names{"--help"};
    for (const Json& option : program.at("options")) {
      if (option.at("positional")) continue;
      const std::string name = option.at("names").back();
      names.push_back(name);
      const auto some = option.at("choices").get<Names>();
      if (!some.empty()) choices += case_line(verb + ":" + name, some);
    }
    options += case_line(verb, names);
    first += case_line(verb, first_words(words, verb));
    if (takes_keys(verb)) with_keys += (with_keys.empty() ? "" : "|") + verb;
  }
  for (const auto& [key, some] : words.values) values += case_line(key, some);
  return table("options", options) + table("choices", choices) + table("first", first) +
         table("values", values) + "_fovea_keys='" + join(words.keys, "= ") + "='\n" +
         R"sh(_fovea_complete() {
  local line="${COMP_LINE:0:$COMP_POINT}" word before verb found
  word="${line##* }"
  before="${line% *}"
  before="${before##* }"
  verb="$(set -- $line; echo "$2")"
  if [[ "$line" != *" "*" "* ]]; then
    found=')sh" +
         join(verbs, " ") + R"sh('
  elif [[ "$word" == -* ]]; then
    found="$(_fovea_options "$verb")"
  elif [[ "$word" == *=* ]]; then
    found=""
    for value in $(_fovea_values "${word%%=*}"); do found="$found ${word%%=*}=$value"; done
  else
    found="$(_fovea_choices "$verb:$before")"
    if [[ -z "$found" ]]; then
      found="$(_fovea_first "$verb")"
      case "$verb" in )sh" +
         with_keys + R"sh() found="$found $_fovea_keys" ;; esac
    fi
  fi
  COMPREPLY=($(compgen -W "$found" -- "$word"))
  # bash takes what stands behind = for a word of its own.
  if [[ -n "$BASH_VERSION" && "$word" == *=* && "$COMP_WORDBREAKS" == *=* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${word%%=*}="}")
  fi
  [[ ${#COMPREPLY[@]} -eq 1 && "${COMPREPLY[0]}" == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -o default -F _fovea_complete fovea
)sh";
}

/// Quoted for fish.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out + "'";
}

std::string fish_script(const Vocabulary& words) {
  std::string out;
  for (const Verb& verb : kVerbs)
    out += "complete -c fovea -n __fish_use_subcommand -f -a " + std::string(verb.name) + " -d " +
           quoted(verb.what) + "\n";
  Names keys;
  for (const std::string& key : words.keys) keys.push_back(key + "=");
  for (const auto& [key, some] : words.values)
    for (const std::string& value : some) keys.push_back(key + "=" + value);
  for (const Json& program : words.programs) {
    const std::string verb = verb_of(program),
                      start = "complete -c fovea -n '__fish_seen_subcommand_from " + verb + "'";
    for (const Json& option : program.at("options")) {
      if (option.at("positional")) continue;
      const auto some = option.at("choices").get<Names>();
      out += start + " -l " + option.at("names").back().get<std::string>().substr(2) +
             (option.at("flag") ? ""
              : some.empty()    ? " -r"
                                : " -x -a " + quoted(join(some, " "))) +
             " -d " + quoted(option.at("help")) + "\n";
    }
    if (const Names first = first_words(words, verb); !first.empty())
      out += start + " -a " + quoted(join(first, " ")) + "\n";
    if (takes_keys(verb)) out += start + " -a " + quoted(join(keys, " ")) + "\n";
  }
  return out;
}

}  // namespace

Vocabulary ask_programs() {
  Vocabulary words;
  for (const Verb& verb : kVerbs) words.programs.push_back(answer(verb.name, {"--describe"}));
  for (const EmbeddedFile& recipe : recipes()) words.recipes.push_back(recipe.name);
  for (const Dataset& set : datasets()) words.datasets.push_back(set.name);
  words.lists = {"attentions", "scorers", "normalizers", "patterns", "positions", "refusals",
                 "models",     "tasks",   "recipes",     "datasets", "keys"};
  add_keys(words);
  return words;
}

std::string completion_script(const Vocabulary& words, const std::string& shell) {
  const std::string head =
      "# Completion of fovea for " + shell + ", written by: fovea completion " + shell + "\n";
  if (shell == "fish") return head + fish_script(words);
  if (shell == "bash") return head + bash_script(words);
  // zsh runs bash's functions; where it loads this file for the first completion, that one is answered, too.
  return "#compdef fovea\n" + head + "autoload -U +X bashcompinit && bashcompinit\n" + bash_script(words) +
         "[[ -n \"${compstate-}\" ]] && _bash_complete -o default -F _fovea_complete\n";
}

}  // namespace fovea
