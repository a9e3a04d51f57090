namespace Tenants.Engine.Scripts;

/// <summary>A script to test, and who is to run it.</summary>
/// <param name="Script">Its text.</param>
public sealed record ScriptRequest(string Script)
{
    /// <summary>Its file, for what is reported; null where there is none.</summary>
    public string? Path { get; init; }

    /// <summary>The login, where the connected one may act as it (SET ROLE) or a password is given; null for the connected one.</summary>
    public string? Login { get; init; }

    /// <summary>The login's password; null where the connected login acts as it.</summary>
    public string? Password { get; init; }

    /// <summary>How long each statement may run; null for the connection's limit, zero for none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>What it is, and nothing of what it holds: that includes the password.</summary>
    public override string ToString() => nameof(ScriptRequest);
}
