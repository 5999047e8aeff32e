// fovea-completion: scripts that complete verbs, options, keys and their values.
#include "apps/plain/completion.h"

#include <iostream>

#include "apps/plain/program.h"

int main(int argc, char** argv) {
  CLI::App app;
  fovea::describe_program(
      app, "completion",
      "Writes the completion of fovea for a shell: verbs, options, recipes, keys and their values.",
      "  source <(fovea completion bash)\n"
      "  fovea completion zsh > ~/.fovea.zsh      # and: source ~/.fovea.zsh in ~/.zshrc\n"
      "  fovea completion fish > ~/.config/fish/completions/fovea.fish\n");
  std::string shell;
  app.add_option("shell", shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  return fovea::run_program(app, argc, argv, [&] {
    std::cout << fovea::completion_script(fovea::ask_programs(), shell);
    return 0;
  });
}
