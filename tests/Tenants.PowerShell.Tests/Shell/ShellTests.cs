using System.Diagnostics;
using Xunit;

namespace Tenants.PowerShell.Tests.Shell;

public sealed class ShellTests
{
    [Theory]
    [InlineData("exit 3", 3)]
    [InlineData("'done'", 0)]
    [InlineData("throw 'no'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; No-Such-Command", 1)]
    [InlineData("if (", 1)]
    [InlineData("1 / 0; 'went on'", 0)]
    public async Task A_script_ends_with_its_exit_code(string script, int exitCode)
    {
        var result = await RunScriptAsync(script);

        Assert.Equal(exitCode, result.ExitCode);
    }

    [Fact]
    public async Task Exit_in_a_called_script_ends_that_script_only()
    {
        using var script = new TemporaryScript("exit 5");

        var result = await RunScriptAsync($"& '{script.Path}'; \"then $LASTEXITCODE\"");

        Assert.Equal((0, "then 5\n"), (result.ExitCode, result.Output));
    }

    [Theory]
    [InlineData("bob 3 False ", "-Name", "bob", "-Count", "3")]
    [InlineData("bob 3 True ", "bob", "3", "-Loud")]
    [InlineData("a:b 1 False ", "-Name:a:b", "-Loud:$false")]
    [InlineData(" -5 False ", "-Count", "-5")]
    [InlineData("x 2 False -y|two words", "x", "2", "--", "-y", "two words")]
    public async Task Arguments_are_bound_as_pwsh_binds_them(string expected, params string[] arguments)
    {
        var result = await RunScriptAsync(
            "param([string]$Name, [int]$Count = 1, [switch]$Loud, [Parameter(ValueFromRemainingArguments)]$Rest)\n\"$Name $Count $Loud $($Rest -join '|')\"",
            arguments);

        Assert.Equal(expected + "\n", result.Output);
    }

    [Fact]
    public async Task A_script_knows_where_it_lies()
    {
        using var script = new TemporaryScript("$PSScriptRoot; $PSCommandPath");

        var result = await ShellProcess.RunAsync("", script.Path);

        Assert.Equal($"{Path.GetDirectoryName(script.Path)}\n{script.Path}\n", result.Output);
    }

    [Fact]
    public async Task An_error_goes_to_the_error_stream_with_its_position()
    {
        using var script = new TemporaryScript("'before'\nfunction Fail { throw 'it broke' }\nFail");

        var result = await ShellProcess.RunAsync("", script.Path);

        Assert.Equal("before\n", result.Output);
        Assert.Contains("it broke", result.Errors, StringComparison.Ordinal);
        Assert.Contains($"{script.Path}:2", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_question_without_a_terminal_is_an_error_and_no_hang()
    {
        var result = await RunScriptAsync("$Host.UI.PromptForChoice('Remove', 'Sure?', @('&Yes', '&No'), 0)");

        Assert.Contains("no terminal", result.Errors, StringComparison.Ordinal);
        Assert.Contains("Sure?", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Objects_are_formatted_and_a_file_gets_no_colours()
    {
        var result = await RunScriptAsync("[pscustomobject]@{ Name = 'acme'; Rows = 2 }");

        Assert.Contains("acme", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public async Task What_is_piped_in_is_run_statement_by_statement()
    {
        var result = await ShellProcess.RunAsync("function Twice($n) {\n  2 * $n\n}\nTwice 4\n'last'");

        Assert.Equal("8\nlast\n", result.Output);
    }

    [Theory]
    [InlineData("exit 9\n'never'", 9)]
    [InlineData("throw 'no'", 1)]
    public async Task What_is_piped_in_gives_the_exit_code(string input, int exitCode)
    {
        var result = await ShellProcess.RunAsync(input);

        Assert.Equal((exitCode, ""), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task Text_is_run_by_Command()
    {
        var result = await ShellProcess.RunAsync("", "-Command", "1 + 1; exit 4");

        Assert.Equal((4, "2\n"), (result.ExitCode, result.Output));
    }

    [Fact]
    public async Task After_a_script_the_same_session_goes_on_with_what_is_piped_in()
    {
        using var script = new TemporaryScript("$kept = 'kept'");

        var result = await ShellProcess.RunAsync("$kept", "-NoExit", script.Path);

        Assert.Equal("kept\n", result.Output);
    }

    [Fact]
    public async Task A_script_that_is_not_there_is_named()
    {
        var result = await ShellProcess.RunAsync("", "no-such-script.ps1");

        Assert.Equal(64, result.ExitCode);
        Assert.Contains("no-such-script.ps1", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ctrl_C_stops_the_script_and_runs_its_finally()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the signal is sent by kill");
        using var shell = ShellProcess.Start(["-Command", "try { [Console]::WriteLine('begun'); while ($true) { } } finally { [Console]::WriteLine('cleaned up') }"]);
        Assert.Equal("begun", await shell.StandardOutput.ReadLineAsync());

        using var kill = Process.Start("kill", ["-INT", $"{shell.Id}"]);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await shell.WaitForExitAsync(limit.Token);

        Assert.Equal(130, shell.ExitCode);
        Assert.Equal("cleaned up", await shell.StandardOutput.ReadLineAsync());
    }

    [Fact]
    public async Task Modules_of_this_machine_stay_out()
    {
        var result = await RunScriptAsync("(Get-Module -ListAvailable).Count");

        Assert.Equal("0\n", result.Output);
    }

    private static async Task<ShellResult> RunScriptAsync(string text, params string[] arguments)
    {
        using var script = new TemporaryScript(text);
        return await ShellProcess.RunAsync("", [script.Path, .. arguments]);
    }
}
