using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Tenants.Benchmarks.Peers;

namespace Tenants.Benchmarks.Measuring;

/// <summary>A runspace of PowerShell's own engine with the module imported as it was built, and the peers' cmdlets beside it.</summary>
internal sealed class BenchShell : IDisposable
{
    private readonly Runspace _runspace;

    private BenchShell()
    {
        var state = InitialSessionState.CreateDefault2();
        PeerCmdlets.AddTo(state);
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        _runspace.Open();
        Run("Import-Module $args[0]", Repository.Manifest);
    }

    /// <summary>Opens one that is connected to no database.</summary>
    public static BenchShell Open() => new();

    /// <summary>Opens one and connects it, so that its cmdlets need no -Connection.</summary>
    public static BenchShell Connect(string connectionString)
    {
        var shell = new BenchShell();
        shell.Run("$null = Connect-TenantDatabase -ConnectionString $args[0] -WarningAction Ignore", connectionString);
        return shell;
    }

    /// <summary>Runs a script; the variables that it sets stay for the next. Its arguments are <c>$args</c>.</summary>
    /// <exception cref="InvalidOperationException">It wrote an error.</exception>
    public IReadOnlyList<PSObject> Run(string script, params object?[] arguments)
    {
        using var shell = System.Management.Automation.PowerShell.Create();
        shell.Runspace = _runspace;
        shell.AddScript(script, useLocalScope: false);
        foreach (var argument in arguments)
        {
            shell.AddArgument(argument);
        }

        var output = shell.Invoke();
        return shell.Streams.Error.Count == 0
            ? output
            : throw new InvalidOperationException($"{shell.Streams.Error[0]} ({script})", shell.Streams.Error[0].Exception);
    }

    /// <summary>Runs a script, with no garbage left from before.</summary>
    /// <returns>How long it took, in seconds.</returns>
    public double Time(string script, params object?[] arguments)
    {
        Collect();
        var clock = Stopwatch.StartNew();
        Run(script, arguments);
        return clock.Elapsed.TotalSeconds;
    }

    /// <summary>Runs a script that writes one number.</summary>
    public double Number(string script, params object?[] arguments) => LanguagePrimitives.ConvertTo<double>(Run(script, arguments).Single());

    /// <summary>Collects what nobody holds any more.</summary>
    /// <returns>The bytes that are held.</returns>
    public static long Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    /// <inheritdoc/>
    public void Dispose() => _runspace.Dispose();
}
