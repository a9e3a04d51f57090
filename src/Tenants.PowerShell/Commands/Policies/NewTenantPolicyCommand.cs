using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Makes a further policy on a tenant table, beside the one that keeps tenants apart.</summary>
[Cmdlet(VerbsCommon.New, "TenantPolicy", SupportsShouldProcess = true, DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantPolicy))]
public sealed class NewTenantPolicyCommand : PlanCmdlet
{
    /// <summary>The table.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByTable, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; the policies that it names are made, on tables that keep tenants apart already. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The policy's name.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByTable, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>Restrictive (the default) takes rows away from what the others show; Permissive adds rows to it.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    public TenantPolicyKind Kind { get; set; } = TenantPolicyKind.Restrictive;

    /// <summary>The statements that it holds for; all unless given.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    public TenantPolicyCommand Command { get; set; } = TenantPolicyCommand.All;

    /// <summary>The roles that it holds for; all unless given. None that tenants' logins belong to.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[]? Role { get; set; }

    /// <summary>Which rows may be seen: one SQL condition over the table's columns.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Using { get; set; }

    /// <summary>Which rows may be written; where it is not given, what Using says.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    [AllowEmptyString]
    public string? Check { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();

        if (Declaration is not null)
        {
            foreach (var declared in (await this.ReadStandingAsync(database, Declaration, StopToken)).Tables)
            {
                foreach (var policy in declared.Declared.Policies)
                {
                    await ForTableAsync(declared.Table, table => CreateAsync(database, table, policy));
                }
            }

            return;
        }

        // PowerShell makes '' of $null where a string is taken.
        var request = new PolicyRequest(
            Name, Kind, Command, Role ?? [], string.IsNullOrWhiteSpace(Using) ? null : Using, string.IsNullOrWhiteSpace(Check) ? null : Check);
        foreach (var name in Table)
        {
            await ForEachTableAsync(database, name, table => CreateAsync(database, table, request));
        }
    }

    private async Task CreateAsync(TenantDatabase database, TableInfo table, PolicyRequest request)
    {
        var plan = await PolicyPlanner.CreateAsync(database, table, request, Force, StopToken);
        var nothing = $"{table.DisplayName} has the policy '{request.Name}' already.";
        if (await ApplyAsync(database, plan, $"Make the policy '{request.Name}'", nothing) && !IsWhatIf)
        {
            var standing = await PolicyReader.ReadAsync(database, [table], StopToken);
            WriteObject(standing.First(p => p.Name == request.Name));
        }
    }
}
