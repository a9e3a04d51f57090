using System.Management.Automation;
using Npgsql;

namespace Tenants.Benchmarks.Peers;

/// <summary>
/// Runs a query as PowerShell modules for databases do (SimplySql's <c>Invoke-SqlQuery -Stream</c> among them): the driver's reader, a PSObject
/// for each row, a note property for each column.
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "PeerQuery")]
public sealed class InvokePeerQueryCommand : PSCmdlet
{
    /// <summary>The driver's connections.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    public NpgsqlDataSource Source { get; set; } = null!;

    /// <summary>The query.</summary>
    [Parameter(Position = 1, Mandatory = true)]
    public string Sql { get; set; } = "";

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        using var command = Source.CreateCommand(Sql);
        using var reader = command.ExecuteReader();
        var names = Enumerable.Range(0, reader.FieldCount).Select(reader.GetName).ToArray();
        while (reader.Read())
        {
            var row = new PSObject();
            for (var i = 0; i < names.Length; i++)
            {
                row.Properties.Add(new PSNoteProperty(names[i], reader.IsDBNull(i) ? null : reader.GetValue(i)));
            }

            WriteObject(row);
        }
    }
}
