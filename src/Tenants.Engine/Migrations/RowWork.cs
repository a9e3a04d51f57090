namespace Tenants.Engine.Migrations;

/// <summary>What a migration does with all rows of a table: it takes as long as there are many.</summary>
internal enum RowWork
{
    /// <summary>Nothing: it changes the catalog, or few rows.</summary>
    None,

    /// <summary>It reads them.</summary>
    Reads,

    /// <summary>It writes them, and each stays locked till the transaction ends.</summary>
    Writes,
}
