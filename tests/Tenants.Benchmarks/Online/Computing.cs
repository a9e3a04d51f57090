using System.Globalization;
using Npgsql;

namespace Tenants.Benchmarks.Online;

/// <summary>
/// A session that touches no table, takes no lock and writes nothing: it computes for as much of its time as a backfill works. What the
/// traffic feels of it is what the loss of that processor costs on this machine; the rest of what it feels of a backfill is the backfill's.
/// </summary>
/// <param name="admin">Where it connects.</param>
/// <param name="throttle">The share of its time in percent that it pauses.</param>
internal sealed class Computing(NpgsqlDataSource admin, int throttle)
{
    private const double Portion = 0.2;

    /// <summary>Computes.</summary>
    public async Task RunAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        await using var command = admin.CreateCommand(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            do $$
            declare
                portion timestamptz;
                over timestamptz := clock_timestamp() + interval '{duration.TotalSeconds} seconds';
            begin
                while clock_timestamp() < over loop
                    portion := clock_timestamp() + interval '{Portion} seconds';
                    while clock_timestamp() < portion loop
                    end loop;
                    perform pg_sleep({Portion * throttle / (100.0 - throttle)});
                end loop;
            end $$
            """));
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
