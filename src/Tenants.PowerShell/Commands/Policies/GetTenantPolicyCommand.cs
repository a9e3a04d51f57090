using System.Management.Automation;
using Tenants.Engine.Catalog;

namespace Tenants.Commands;

/// <summary>Gets the policies that stand on tables, the module's own among them.</summary>
[Cmdlet(VerbsCommon.Get, "TenantPolicy", DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantPolicy))]
public sealed class GetTenantPolicyCommand : TenantConnectionCmdlet
{
    /// <summary>The tables; wildcards are allowed. Unless given: all tables.</summary>
    [Parameter(Position = 0, ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Table { get; set; }

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; the policies on the tables that it names, declared or not. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The policies' names; wildcards are allowed.</summary>
    [Parameter(Position = 1)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        var patterns = Name?.Select(n => WildcardPattern.Get(n, WildcardOptions.IgnoreCase)).ToList();
        List<TableInfo>? tables = Table is null && Declaration is null ? null : [];
        if (Declaration is not null)
        {
            tables!.AddRange((await this.ReadStandingAsync(database, Declaration, StopToken)).Tables.Select(t => t.Table));
        }

        foreach (var name in Table ?? [])
        {
            await ForEachTableAsync(database, name, table =>
            {
                tables!.Add(table);
                return Task.CompletedTask;
            });
        }

        foreach (var policy in await PolicyReader.ReadAsync(database, tables, StopToken))
        {
            if (patterns is null || patterns.Exists(p => p.IsMatch(policy.Name)))
            {
                WriteObject(policy);
            }
        }
    }
}
