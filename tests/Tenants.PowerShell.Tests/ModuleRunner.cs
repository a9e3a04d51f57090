using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace Tenants.PowerShell.Tests;

/// <summary>
/// A runspace that imported the built module by its manifest, as a user does. The engine is bare: the language and .NET, but
/// none of the cmdlets of Utility and Management.
/// </summary>
public sealed class ModuleRunner : IDisposable
{
    private readonly TestHost _host = new();
    private readonly Runspace _runspace;

    private ModuleRunner(bool import)
    {
        _runspace = RunspaceFactory.CreateRunspace(_host, InitialSessionState.CreateDefault2());
        _runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        _runspace.Open();
        if (!import)
        {
            return;
        }

        var imported = Run("Import-Module $args[0] -ErrorAction Stop", Manifest);
        if (imported.Errors.Count > 0)
        {
            Dispose();
            imported.EnsureSuccess();
        }
    }

    /// <summary>The module's manifest, found upwards from the tests.</summary>
    public static string Manifest { get; } = FindManifest();

    /// <summary>The runspace, for tests that look at it from outside.</summary>
    public Runspace Runspace => _runspace;

    /// <summary>What the host answers to questions: true for yes, false for no, null (the default) where nobody is there to answer.</summary>
    public bool? Answer
    {
        get => _host.Screen.Answer;
        set => _host.Screen.Answer = value;
    }

    /// <summary>Opens a runspace.</summary>
    /// <param name="import">Whether the module is imported.</param>
    public static ModuleRunner Open(bool import = true) => new(import);

    /// <summary>Opens a runspace and connects it, so that its cmdlets need no -Connection.</summary>
    /// <param name="connectionString">Npgsql's form.</param>
    public static ModuleRunner Connect(string connectionString)
    {
        var runner = Open();
        runner.Run("$null = Connect-TenantDatabase -ConnectionString $args[0] -WarningAction SilentlyContinue", connectionString).EnsureSuccess();
        return runner;
    }

    /// <summary>Runs a script; variables that it sets stay for the next. Its arguments are <c>$args</c>.</summary>
    public ScriptResult Run(string script, params object?[] arguments)
    {
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = _runspace;

        // Dot-sourced, so that its variables stay.
        shell.AddScript(script, useLocalScope: false);
        foreach (var argument in arguments)
        {
            shell.AddArgument(argument);
        }

        return Finish(shell, () => shell.Invoke());
    }

    /// <summary>Runs a script, stops it from outside (Ctrl+C) after a while, and gives what it had written.</summary>
    public ScriptResult RunAndStop(string script, TimeSpan after, params object?[] arguments)
    {
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = _runspace;
        shell.AddScript(script, useLocalScope: false);
        foreach (var argument in arguments)
        {
            shell.AddArgument(argument);
        }

        return Finish(shell, () =>
        {
            var output = new PSDataCollection<PSObject>();
            var run = shell.BeginInvoke<PSObject, PSObject>(null, output);
            Thread.Sleep(after);
            shell.Stop();
            try
            {
                shell.EndInvoke(run);
            }
            catch (PipelineStoppedException)
            {
                // That is what was asked for.
            }

            return output;
        });
    }

    /// <summary>Closes the runspace, and what it held with it.</summary>
    public void Dispose() => _runspace.Dispose();

    private ScriptResult Finish(System.Management.Automation.PowerShell shell, Func<IEnumerable<PSObject>> invoke)
    {
        IEnumerable<PSObject> output = [];
        ErrorRecord? last = null;
        try
        {
            output = invoke();
        }
        catch (RuntimeException e)
        {
            last = e.ErrorRecord;
        }

        var (host, questions) = _host.Screen.TakeAll();
        return new ScriptResult
        {
            Output = [.. output],
            Errors = last is null ? [.. shell.Streams.Error] : [.. shell.Streams.Error, last],
            IsTerminated = last is not null,
            Warnings = [.. shell.Streams.Warning.Select(w => w.Message)],
            Verbose = [.. shell.Streams.Verbose.Select(v => v.Message)],
            Debug = [.. shell.Streams.Debug.Select(d => d.Message)],
            Information = [.. shell.Streams.Information.Select(i => i.MessageData?.ToString() ?? "")],
            Progress = [.. shell.Streams.Progress],
            Host = host,
            Questions = questions,
        };
    }

    private static string FindManifest()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var manifest = Path.Combine(folder.FullName, "Tenants.psd1");
            if (File.Exists(manifest))
            {
                return manifest;
            }
        }

        throw new InvalidOperationException("No Tenants.psd1 above the tests.");
    }
}
