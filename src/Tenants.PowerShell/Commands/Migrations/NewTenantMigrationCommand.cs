using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Migrations;
using Tenants.Engine.Plans;
using Tenants.Hosting;
using Tenants.Results;

namespace Tenants.Commands;

/// <summary>
/// Writes a migration for the tool that a team runs its migrations with: what Enable-TenantRls would do to tables in use, up and down,
/// only what is missing. Nothing is changed in the database.
/// </summary>
[Cmdlet(VerbsCommon.New, "TenantMigration", SupportsShouldProcess = true, DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(FileInfo))]
public sealed class NewTenantMigrationCommand : TenantConnectionCmdlet
{
    private readonly List<TableInfo> _tables = [];
    private bool _hasFailed;

    /// <summary>The migration's name, such as <c>add_tenancy</c>: letters, digits, <c>_</c> and <c>-</c>; spaces become <c>_</c>.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The tool.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    public TenantMigrationFormat Format { get; set; }

    /// <summary>The folder that the tool reads; unless given, the current one. Wildcards mean nothing in it.</summary>
    [Parameter]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = ".";

    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, or with wildcards.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByTable, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>: all that it says and that is missing. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <summary>The tenant column. Unless given: the one that the table has for it, else <c>tenant</c>.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable)]
    public string? Column { get; set; }

    /// <summary>Whose the rows become that have no tenant, here or where the migration runs. What a declaration says of a table goes before it.</summary>
    [Parameter]
    public string? DefaultTenant { get; set; }

    /// <summary>What tells of each row whose it becomes: an SQL expression over a row that is named <c>t</c>, as a script block or a string. What a declaration says of a table goes before it.</summary>
    [Parameter]
    [SqlText]
    [ValidateNotNullOrEmpty]
    public string? Backfill { get; set; }

    /// <summary>Writes what a declaration says even if it opens rows to other tenants.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByDeclaration)]
    public SwitchParameter Force { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var name in Declaration is null ? Table : [])
        {
            _hasFailed |= !await FindAsync(database, name);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        // A migration that lacks a table that was asked for would look like all of it.
        if (_hasFailed || (Declaration is null && _tables.Count == 0))
        {
            return;
        }

        var database = await GetDatabaseAsync();
        var request = new MigrationRequest(Name, Format, FilePath.Resolve(SessionState, Path, "MigrationFolderNotFound", "the folder of a migration tool"));
        MigrationWriter.Check(request);
        var draft = MigrationWriter.Draft(request, await PlanAsync(database), DateTimeOffset.UtcNow);
        foreach (var warning in draft.Warnings)
        {
            WriteWarning(warning);
        }

        if (draft.IsEmpty)
        {
            WriteInformation(new HostInformationMessage { Message = "Nothing is missing, so no migration is written." }, ["PSHOST"]);
            return;
        }

        if (AskTo(string.Join('\n', draft.Files.Select(f => f.Path)), "Write the migration"))
        {
            draft.Write();
            foreach (var file in draft.Files)
            {
                WriteObject(this.ItemOf(file.Path));
            }
        }
    }

    private async Task<bool> FindAsync(TenantDatabase database, string name)
    {
        try
        {
            var found = await TableFinder.FindAsync(database, name, Schema, StopToken);
            if (found.Count == 0)
            {
                WarnOfNone(name);
            }

            _tables.AddRange(WildcardPattern.ContainsWildcardCharacters(name) ? await WithoutSharedAsync(database, found) : found);
            return true;
        }
        catch (TenantException e)
        {
            WriteFailure(e, name);
            return false;
        }
    }

    private async Task<IEnumerable<TableInfo>> WithoutSharedAsync(TenantDatabase database, IReadOnlyList<TableInfo> tables)
    {
        var shared = (await RlsReader.ReadAsync(database, tables, StopToken)).Where(t => t.State == TenantRlsState.Shared).Select(t => t.Table).ToHashSet();
        return tables.Where(t => !shared.Contains(t.DisplayName));
    }

    private async Task<MigrationPlan> PlanAsync(TenantDatabase database)
    {
        if (Declaration is not null)
        {
            var declared = await this.ReadDeclarationAsync(database, Declaration, StopToken);
            return await MigrationPlanner.PlanAsync(database, declared, DefaultTenant, Backfill, Force, StopToken);
        }

        var request = new EnableRequest(string.IsNullOrEmpty(Column) ? null : Column, DefaultTenant) { Backfill = Backfill };
        return await MigrationPlanner.PlanAsync(database, _tables, request, StopToken);
    }
}
