using System.Management.Automation.Runspaces;
using System.Text;
using Tenants.Shell;

// The engine would report its use; this is no place to decide that for somebody.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");

if (OperatingSystem.IsWindows() && !Console.IsOutputRedirected)
{
    Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
}

var options = ShellOptions.Parse(args);
if (options.Error is not null)
{
    await Console.Error.WriteLineAsync(options.Error);
    return 64;
}

if (options.ShowsHelp)
{
    Console.WriteLine(ShellOptions.Help);
    return 0;
}

var host = new ShellHost();
using var runspace = Session.Open(host);
using var interrupt = new Interrupt();
var runner = new ScriptRunner(runspace, host, interrupt);

if (options.ScriptPath is not null)
{
    runner.RunFile(options.ScriptPath, options.ScriptArguments, exitEndsHost: !options.StaysOpen);
}
else if (options.CommandText is not null)
{
    runner.RunText(options.CommandText);
}

// After a script that failed, a prompt would be one in a session half set up.
var hasRun = options.ScriptPath is not null || options.CommandText is not null;
var endsHere = hasRun && (!options.StaysOpen || runner.ExitCode != 0);
if (!host.ShouldExit && !endsHere)
{
    if (Console.IsInputRedirected)
    {
        new PipedInput(runner, host).Run(Console.In);
    }
    else
    {
        new Prompt(runner, host, runspace).Run();
    }
}

var exitCode = host.ShouldExit ? host.ExitCode : runner.ExitCode;
runspace.Close();
return exitCode;
