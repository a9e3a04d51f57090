using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>
/// Lists the tables that keep tenants apart: column, type, whether row security is enabled and forced, policies, index, and what is
/// missing. Partitions and children are told with their root.
/// </summary>
[Cmdlet(VerbsCommon.Get, "TenantRls", DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantRls))]
public sealed class GetTenantRlsCommand : TenantConnectionCmdlet
{
    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, or with wildcards. Unless given, all that keep tenants apart.</summary>
    [Parameter(Position = 0, ParameterSetName = DeclarationInput.ByTable, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Table { get; set; }

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; the tables that it names are told of, the shared ones too, whatever they are now. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <summary>List the tables too that keep no tenants apart, and those that are shared.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable)]
    public SwitchParameter All { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        if (Declaration is not null)
        {
            var declared = await this.ReadStandingAsync(database, Declaration, StopToken);
            TableInfo[] named = [.. declared.Tables.Select(t => t.Table), .. declared.SharedTables.Select(t => t.Table)];
            var asked = declared.Tables.ToDictionary(t => t.Table.Oid, t => t.Request);
            var told = await RlsReader.ReadAsync(database, named, oid => asked.GetValueOrDefault(oid) ?? new EnableRequest(), StopToken);
            WriteObject(told, enumerateCollection: true);
            return;
        }

        if (Table is null)
        {
            var tables = All
                ? await RlsReader.ReadAsync(database, await TableFinder.FindAsync(database, "*.*", null, StopToken), StopToken)
                : await RlsReader.ListAsync(database, StopToken);
            WriteObject(tables, enumerateCollection: true);
            return;
        }

        foreach (var name in Table)
        {
            await WriteAsync(database, name);
        }
    }

    private async Task WriteAsync(TenantDatabase database, string name)
    {
        try
        {
            var isWildcard = WildcardPattern.ContainsWildcardCharacters(name);
            var found = await TableFinder.FindAsync(database, name, Schema, StopToken);
            var tables = await RlsReader.ReadAsync(database, found, StopToken);

            // One that was named is told of whatever it is.
            WriteObject(tables.Where(t => All || !isWildcard || t.State is not TenantRlsState.Off and not TenantRlsState.Shared), enumerateCollection: true);
        }
        catch (TenantException e) when (e.Kind is TenantErrorKind.NotFound or TenantErrorKind.InvalidArgument)
        {
            WriteFailure(e, name);
        }
    }
}
