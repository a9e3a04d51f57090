using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>Holds a declaration against a database: what it means there, and what is missing of it.</summary>
public static class DeclarationPlanner
{
    /// <summary>Finds the tables that a declaration means.</summary>
    /// <param name="database">The database.</param>
    /// <param name="declaration">The declaration.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DeclarationConflict</c>, <c>ColumnTypeNotSupported</c>, <c>TenantTypeMismatch</c>, each with its line. What is not there is no error yet.</exception>
    public static async Task<ResolvedDeclaration> ResolveAsync(
        TenantDatabase database, TenancyDeclaration declaration, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(declaration);
        var installation = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        EnsureSameType(declaration, installation, database.Database);

        var finder = new DeclaredTableFinder(database, declaration);
        var claims = await finder.FindAsync(installation, cancellationToken).ConfigureAwait(false);
        var (shared, tables) = claims.Settle();
        var (typed, tenants) = await database.UseAsync(
            c => ReadTypesAsync(c, installation, declaration, tables, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new ResolvedDeclaration(declaration, tenants, shared, typed, finder.Missing, finder.Warnings);
    }

    /// <summary>The plan that brings a table to what was declared of it, with its policies; empty where it is that already.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="force">Make policies even if they open rows to other tenants.</param>
    /// <param name="assumed">What plans before this one, which were only shown, would have made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">What <see cref="EnablePlanner"/> and <see cref="PolicyPlanner"/> throw, with the line that led to it.</exception>
    public static async Task<DeclaredPlan> PlanAsync(
        TenantDatabase database, ResolvedTable table, bool force = false, Assumptions? assumed = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        try
        {
            var enabling = await EnablePlanner.PlanAsync(database, table.Table, table.Request, assumed, cancellationToken).ConfigureAwait(false);
            var isInstalled = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is not null;
            return await database.UseAsync(
                c => new DeclaredPolicies(c, enabling, isInstalled, table, force).AddAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e)
        {
            throw e.At(table.Source, table.Declared.Line);
        }
    }

    /// <summary>The plan that shares a table as declared; empty where it is shared so already.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="force">Share a view even if it can show other tenants' rows.</param>
    /// <param name="assumed">What plans before this one, which were only shown, would have made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">What <see cref="SharedTablePlanner"/> throws, with the line that led to it.</exception>
    public static async Task<Plan> PlanAsync(
        TenantDatabase database, ResolvedSharedTable table, bool force = false, Assumptions? assumed = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(table);
        try
        {
            return await SharedTablePlanner.GrantAsync(database, table.Table, table.Declared.Writable, force, assumed, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e)
        {
            throw e.At(table.Source, table.Declared.Line);
        }
    }

    private static void EnsureSameType(TenancyDeclaration declaration, Installation? installation, string database)
    {
        if (declaration.TenantType is { } asked && installation is not null && installation.TenantType != asked)
        {
            throw new TenantException(
                "TenantTypeMismatch",
                TenantErrorKind.InvalidState,
                $"{declaration.Source} declares TenantType = '{Installation.SqlTypeOf(asked)}', but the tenants of '{database}' are of type {installation.SqlType}, and that is fixed. Declare that, or leave it away.")
            {
                Target = declaration.Source,
            };
        }
    }

    private static async Task<(IReadOnlyList<ResolvedTable> Tables, TenantIdType? Tenants)> ReadTypesAsync(
        NpgsqlConnection connection, Installation? installation, TenancyDeclaration declaration, IReadOnlyList<ResolvedTable> tables, CancellationToken cancellationToken)
    {
        var typed = new List<ResolvedTable>();
        var bases = new List<(DeclaredTable Declared, string BaseType)>();
        foreach (var table in tables)
        {
            if (table.Declared.Type is null)
            {
                typed.Add(table);
                continue;
            }

            var (declared, baseType) = await DeclaredTypes.ResolveAsync(connection, table.Declared, declaration.Source, cancellationToken).ConfigureAwait(false);
            typed.Add(table with { Declared = declared, BaseType = baseType == declared.Type ? null : baseType });
            bases.Add((declared, baseType));
        }

        var tenants = installation?.TenantType
            ?? declaration.TenantType
            ?? bases.Select(b => DeclaredTypes.Hint(b.BaseType)).FirstOrDefault(t => t is not null)
            ?? await HintOfColumnsAsync(connection, typed, cancellationToken).ConfigureAwait(false);
        foreach (var (declared, baseType) in bases)
        {
            DeclaredTypes.EnsureFits(declared, baseType, tenants ?? TenantIdType.Text, declaration.Source);
        }

        return (typed, tenants);
    }

    // As Enable-TenantRls does it for its first table.
    private static async Task<TenantIdType?> HintOfColumnsAsync(NpgsqlConnection connection, List<ResolvedTable> tables, CancellationToken cancellationToken)
    {
        var names = new Installation("tenants", 0, TenantIdType.Text, "", "", "");
        foreach (var sameColumn in tables.GroupBy(t => t.Declared.Column))
        {
            var families = await TableFamilyReader.ReadAsync(
                connection, names, [.. sameColumn.Select(t => t.Table.Oid)], sameColumn.Key, cancellationToken).ConfigureAwait(false);
            if (families.Select(f => f.Root.Column).FirstOrDefault(c => c is not null) is { } column)
            {
                return ColumnCheck.TypeFor(column);
            }
        }

        return null;
    }
}
