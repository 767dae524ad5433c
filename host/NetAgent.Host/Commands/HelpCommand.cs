using System.CommandLine;
using NetAgent.Host.Composition;

namespace NetAgent.Host.Commands;

/// <summary><c>netagent help [COMMAND…]</c>: the same as <c>--help</c>, for those who ask as of git or kubectl.</summary>
internal static class HelpCommand
{
    public static Command Create(Backends backends, RootCommand root)
    {
        var names = new Argument<string[]>("command") { Description = "The command to explain.", Arity = ArgumentArity.ZeroOrMore };
        names.Validators.Add(result =>
        {
            Command? command = root;
            foreach (var token in result.Tokens)
            {
                command = command.Subcommands.FirstOrDefault(known => known.Name == token.Value);
                if (command is null)
                {
                    result.AddError($"there is no command '{token.Value}'");
                    return;
                }
            }
        });
        var command = new Command("help", "Explain a command.") { names };
        command.SetAction(line =>
            root.Parse([.. line.GetValue(names) ?? [], "--help"]).Invoke(new() { Output = backends.Output, Error = backends.Error }));
        return command;
    }
}
