using Npgsql;

namespace Tenants.Engine.Scripts;

/// <summary>With whose eyes a script is run: what its transaction begins with.</summary>
internal interface ISight
{
    /// <summary>Prepares the transaction, which has just begun.</summary>
    /// <exception cref="TenantException">The tables that must be opened are locked by somebody, or the role may not be taken on.</exception>
    Task EnterAsync(NpgsqlConnection connection, CancellationToken cancellationToken);

    /// <summary>Comes before each statement: an earlier one may have changed what is seen.</summary>
    Task RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken);

    /// <summary>The statement that goes back to the login after SET ROLE; null where the server's own does.</summary>
    string? Return { get; }

    /// <summary>Rows that a policy hides are an error, not silence.</summary>
    bool DemandsAllRows { get; }
}
