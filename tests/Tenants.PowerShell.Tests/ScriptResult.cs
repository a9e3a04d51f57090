using System.Management.Automation;

namespace Tenants.PowerShell.Tests;

/// <summary>All that a script wrote, stream by stream.</summary>
public sealed class ScriptResult
{
    /// <summary>What it wrote to the pipeline.</summary>
    public required IReadOnlyList<PSObject> Output { get; init; }

    /// <summary>Its errors; the one that ended it stands last.</summary>
    public required IReadOnlyList<ErrorRecord> Errors { get; init; }

    /// <summary>Whether an error ended it.</summary>
    public required bool IsTerminated { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public required IReadOnlyList<string> Verbose { get; init; }

    public required IReadOnlyList<string> Debug { get; init; }

    public required IReadOnlyList<string> Information { get; init; }

    public required IReadOnlyList<ProgressRecord> Progress { get; init; }

    /// <summary>What reached the screen beside the streams: -WhatIf and Write-Host, a line each.</summary>
    public required string Host { get; init; }

    /// <summary>The questions that it asked.</summary>
    public required IReadOnlyList<string> Questions { get; init; }

    /// <summary>The one value that it wrote.</summary>
    public object? Single => Output.Count == 1
        ? Output[0]?.BaseObject
        : throw new InvalidOperationException($"It wrote {Output.Count} values. {Describe()}");

    /// <summary>The error id of the one error, without the command's name.</summary>
    public string? ErrorId => Errors.Count == 0 ? null : Errors[^1].FullyQualifiedErrorId.Split(',')[0];

    /// <summary>The message of the last error.</summary>
    public string? ErrorMessage => Errors.Count == 0 ? null : Errors[^1].Exception.Message;

    /// <summary>Fails unless the script ended without an error.</summary>
    public ScriptResult EnsureSuccess() => Errors.Count == 0 ? this : throw new InvalidOperationException(Describe());

    private string Describe() => string.Join("\n", Errors.Select(e => $"{e.FullyQualifiedErrorId}: {e.Exception}\n{e.ScriptStackTrace}"));
}
