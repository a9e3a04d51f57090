using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Bulk;

/// <summary>Many objects from the pipeline into a tenant's table.</summary>
internal sealed class ImportRows : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "import-rows";

    /// <inheritdoc/>
    public string What => "Import-TenantData of objects from the pipeline";

    /// <inheritdoc/>
    public string Against => "floor: psql's \\copy of the same rows as CSV into a table without row security, and the same objects piped into a cmdlet that does nothing; their sum";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var database = await BenchDatabase.CreateAsync(bench, "bench_import", cancellationToken);
        const string Columns = "tenant text not null, id int not null, title text not null, amount numeric(12, 2) not null, created timestamptz not null, done boolean not null";
        await database.ExecuteAsync($"create table item ({Columns}); create index on item (tenant); create table plain_item ({Columns}); create index on plain_item (tenant)", cancellationToken);
        database.Shell.Run("Enable-TenantRls item -WarningAction Ignore | Out-Null; New-Tenant acme | Out-Null");
        database.Shell.Run(
            """
            $start = [datetime]::new(2026, 1, 1, 0, 0, 0, [DateTimeKind]::Utc)
            $objects = [Collections.Generic.List[object]]::new()
            for ($i = 1; $i -le $args[0]; $i++) {
                $objects.Add([pscustomobject]@{ id = $i; title = "title of item $i"; amount = [decimal]$i / 100; created = $start.AddMinutes($i); done = $i % 3 -eq 0 })
            }
            """,
            bench.Rows);
        var file = Path.GetTempFileName();
        try
        {
            await ServerPrograms.RunAsync(
                "psql",
                bench.Binaries,
                database.ConnectionString,
                ["-q", "-c", $"\\copy (select 'acme', i, 'title of item ' || i, i / 100.0, timestamptz '2026-01-01Z' + i * interval '1 minute', i % 3 = 0 from generate_series(1, {bench.Rows}) i) to '{file}' csv"],
                cancellationToken);
            var pairs = await Pairs.RunAsync(bench.IsQuick ? 3 : 5, OursAsync, TheirsAsync, cancellationToken);
            return [Figure.OverFloor($"{bench.Rows:#,0} objects", pairs, Goal.AtMost(2))];
        }
        finally
        {
            File.Delete(file);
        }

        async Task<double> OursAsync()
        {
            await database.ExecuteAsync("truncate item", cancellationToken);
            return database.Shell.Time("$objects | Import-TenantData -Tenant acme -Table item | Out-Null");
        }

        async Task<double> TheirsAsync()
        {
            await database.ExecuteAsync("truncate plain_item", cancellationToken);
            var piped = database.Shell.Time("$objects | Receive-Object");
            var clock = System.Diagnostics.Stopwatch.StartNew();
            await ServerPrograms.RunAsync("psql", bench.Binaries, database.ConnectionString, ["-q", "-c", $"\\copy plain_item from '{file}' csv"], cancellationToken);
            return piped + clock.Elapsed.TotalSeconds;
        }
    }
}
