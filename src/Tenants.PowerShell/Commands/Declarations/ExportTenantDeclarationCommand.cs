using System.Management.Automation;
using System.Text;
using Tenants.Declarations;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Results;

namespace Tenants.Commands;

/// <summary>
/// Writes a declaration of a database as it is: its tenant tables, their columns, rights and policies, and its shared tables. Without
/// -Path the text goes to the pipeline.
/// </summary>
[Cmdlet(VerbsData.Export, "TenantDeclaration", SupportsShouldProcess = true)]
[OutputType(typeof(string), typeof(FileInfo))]
public sealed class ExportTenantDeclarationCommand : TenantConnectionCmdlet
{
    private readonly Dictionary<uint, TableInfo> _tables = [];
    private bool _hasFailed;

    /// <summary>The file to write, such as <c>./tenancy.psd1</c>; wildcards mean nothing in it.</summary>
    [Parameter(Position = 0)]
    [Alias("LiteralPath")]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>The tables to take; wildcards are allowed. Unless given: all.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Table { get; set; }

    /// <summary>Overwrites a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Writes the file's object.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var name in Table ?? [])
        {
            await FindAsync(database, name);
        }
    }

    /// <inheritdoc/>
    protected override async Task EndAsync()
    {
        var database = await GetDatabaseAsync();
        if (_hasFailed && _tables.Count == 0)
        {
            return;
        }

        var chosen = MyInvocation.BoundParameters.ContainsKey(nameof(Table)) || MyInvocation.ExpectingInput ? _tables.Values : null;
        var declaration = await DeclarationExporter.ReadAsync(database, chosen, StopToken);
        var text = DeclarationWriter.Write(declaration);
        if (Path is null)
        {
            WriteObject(text);
            return;
        }

        var path = DeclarationPath.Resolve(SessionState, Path);
        EnsureWritable(path);
        if (AskTo(path, "Write the declaration"))
        {
            await WholeFile.WriteAsync(path, text, Force, StopToken);
            if (PassThru)
            {
                WriteObject(this.ItemOf(path));
            }
        }
    }

    private async Task FindAsync(TenantDatabase database, string name)
    {
        try
        {
            var found = await TableFinder.FindAsync(database, name, cancellationToken: StopToken);
            var declarable = await DeclarationExporter.DeclarableAsync(database, found, StopToken);
            foreach (var table in declarable)
            {
                _tables[table.Oid] = table;
            }

            if (declarable.Count == 0)
            {
                if (found is [var only] && !WildcardPattern.ContainsWildcardCharacters(name))
                {
                    throw DeclarationExporter.NotDeclarable(only);
                }

                WriteWarning($"No table that keeps tenants apart or is shared fits '{name}'.");
            }
        }
        catch (TenantException e) when (e.ErrorId != "DatabaseNotInitialized")
        {
            _hasFailed = true;
            WriteFailure(e, name);
        }
    }

    private void EnsureWritable(string path)
    {
        if (Directory.Exists(path))
        {
            throw new TenantException("DeclarationNotWritable", TenantErrorKind.InvalidArgument, $"{path} is a directory. Name a file in it, such as tenancy.psd1.") { Target = path };
        }

        if (File.Exists(path) && !Force)
        {
            throw WholeFile.Exists(path);
        }
    }
}
