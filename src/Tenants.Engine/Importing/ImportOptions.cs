namespace Tenants.Engine.Importing;

/// <summary>How objects are imported.</summary>
public sealed record ImportOptions
{
    /// <summary>Properties that are no column, and values for columns that the server computes, are left out; otherwise they are an error.</summary>
    public bool IgnoreExtra { get; init; }

    /// <summary>Values for an identity column that is GENERATED ALWAYS are taken as they are (OVERRIDING SYSTEM VALUE). Its sequence stays where it is.</summary>
    public bool KeepIdentity { get; init; }

    /// <summary>How long each statement may run on the server; zero for no limit, null for the connection's own limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Told of each notice of the server, on any thread.</summary>
    public Action<ServerNotice>? OnNotice { get; init; }
}
