using System.Globalization;
using System.Security.Cryptography;
using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>How a connection is brought back to what it was when it was opened, so that nothing that one tenant leaves there reaches the next.</summary>
internal abstract class ConnectionReset
{
    /// <summary>True if a connection is closed after use, not lent again.</summary>
    public virtual bool ClosesConnection => false;

    /// <summary>True where nothing outlives a transaction: a session's too are cleaned at their end.</summary>
    public virtual bool EndsEachTransaction => false;

    /// <summary>The commands that follow BEGIN, before anything else. They give no result.</summary>
    public virtual IEnumerable<NpgsqlBatchCommand> Begin() => [];

    /// <summary>The commands that commit and clean, in one pipeline. They give no result.</summary>
    public abstract IEnumerable<NpgsqlBatchCommand> End();

    /// <summary>The statements that undo and clean, each by itself.</summary>
    public abstract string[] Undo();

    /// <summary>
    /// Sets the seed of random(), which nothing else resets: a tenant that set it would know what the next one draws.
    /// </summary>
    protected static string NewSeed() =>
        string.Create(CultureInfo.InvariantCulture, $"set seed = {(RandomNumberGenerator.GetInt32(2_000_000_001) - 1_000_000_000) / 1e9:0.#########}");
}
