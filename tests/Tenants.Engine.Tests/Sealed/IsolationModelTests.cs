using System.Globalization;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Queries;
using Tenants.Engine.Sessions;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>
/// Random operations of several tenants, over pools and in sessions, against a model that knows who may see what. Rows are written
/// by one slot each (a pool, a session), so that no operation waits for another one's lock.
/// </summary>
public class IsolationModelTests
{
    private const int Steps = 10_000;
    private static readonly string[] s_tenants = ["acme", "globex", "initech"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ten_thousand_random_steps_show_each_tenant_what_the_model_shows()
    {
        var seed = Random.Shared.Next();
        await using var world = await SealedWorld.CreateAsync();
        await world.Base.AdminAsync($"insert into {world.Schema}.tenant (id) values ('initech')");
        await world.Base.AdminAsync("create table public.item (tenant text not null, id integer not null, slot integer not null, val integer not null)");
        await world.Base.EnableAsync("public.item");
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var app = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        world.Base.Test.RegisterRole(app.Name);
        var run = new Run(
            new Random(seed),
            [world.Base.Database, await world.ConnectAsync(), await world.ConnectAsync(new AppLogin(app.Name, app.Password, app.Key!))],
            () => world.Base.AdminAsync($"select {world.Schema}.retire_keys(name, interval '0', null) from {world.Schema}.login where kind = 'shared'"));
        var step = 0;
        try
        {
            for (; step < Steps; step++)
            {
                await run.StepAsync();
            }
        }
        catch (Exception e)
        {
            Assert.Fail($"Seed {seed}, step {step}, {run.Last}: {e}");
        }
        finally
        {
            await run.EndAsync();
        }

        Assert.True(run.Reads > Steps / 10, "Too few reads to tell anything.");
    }

    /// <summary>One tenant's rows as one slot sees them: what is committed, and what it changed and did not commit.</summary>
    private sealed class Slot(int number, string? tenant, OpenSession? session)
    {
        public int Number => number;

        public string? Tenant => tenant;

        public OpenSession? Session => session;

        // One for each open transaction, nested ones after the outermost: the slot's rows as they are in it.
        public Stack<Dictionary<int, int>> Open { get; } = new();
    }

    private sealed class Run(Random random, TenantDatabase[] pools, Func<Task> retireKeys)
    {
        private readonly Dictionary<(string Tenant, int Slot), Dictionary<int, int>> _committed = [];
        private readonly List<Slot> _sessions = [];
        private int _lastId;
        private int _lastSlot = 10;

        public string Last { get; private set; } = "";

        public int Reads { get; private set; }

        public async Task StepAsync()
        {
            switch (random.Next(100))
            {
                case < 45:
                    var pool = random.Next(pools.Length);
                    await ActAsync(new Slot(pool, Pick(s_tenants), null), sql => Standalone(pools[pool], sql));
                    break;
                case < 85 when _sessions.Count > 0:
                    var slot = Pick(_sessions);
                    await ActAsync(slot, sql => Task.FromResult(slot.Session!.Run(Query.Parse(sql, QueryParameters.None), new QueryOptions(), Token)));
                    break;
                case < 95 when _sessions.Count > 0:
                    await TransactionAsync(Pick(_sessions));
                    break;
                case < 98:
                    await SessionAsync();
                    break;
                case 99:
                    Last = "keys are retired";
                    await retireKeys();
                    break;
            }
        }

        public async Task EndAsync()
        {
            foreach (var slot in _sessions)
            {
                await slot.Session!.DisposeAsync();
            }
        }

        private async Task ActAsync(Slot slot, Func<string, Task<QueryCursor>> run)
        {
            _tenant = slot.Tenant!;
            var id = ++_lastId;
            var other = Pick(s_tenants.Where(t => t != slot.Tenant).ToArray());
            var rows = Rows(slot);
            switch (random.Next(14))
            {
                case 0 or 1 or 2 or 3:
                    await ReadsAsync(slot, run, "select tenant, id, val from item");
                    break;
                case 4 or 5 or 6:
                    await DoAsync(run, Text($"insert into item (id, slot, val) values ({id}, {slot.Number}, 0)"));
                    rows[id] = 0;
                    break;
                case 7:
                    await DoAsync(run, Text($"update item set val = val + 1 where slot = {slot.Number}"));
                    foreach (var key in rows.Keys.ToList())
                    {
                        rows[key]++;
                    }

                    break;
                case 8:
                    await DoAsync(run, Text($"delete from item where slot = {slot.Number} and id % 3 = 0"));
                    foreach (var key in rows.Keys.Where(k => k % 3 == 0).ToList())
                    {
                        rows.Remove(key);
                    }

                    break;
                case 9 when slot.Open.Count == 0:
                    await RefusedAsync(run, Text($"insert into item (tenant, id, slot, val) values ('{other}', {id}, {slot.Number}, 0)"));
                    break;
                case 10:
                    await DoAsync(run, Text($"update item set val = -1 where tenant = '{other}'"));
                    break;
                case 11 when slot.Open.Count == 0:
                    await RefusedAsync(run, Text($"do $$ begin perform set_config('tenants.tenant', '{other}', true), set_config('tenants.context', 'x.y', true); delete from public.item; end $$"));
                    break;
                case 12 when slot.Session is null:
                    // A trap for whoever has the connection next.
                    await DoAsync(run, "do $$ begin create temp table item (tenant text, id integer, slot integer, val integer); set search_path = pg_temp; set tenants.tenant = 'globex'; set default_transaction_read_only = on; end $$");
                    break;
                case 13 when slot.Open.Count == 0:
                    await CutAsync(run);
                    break;
            }
        }

        private async Task TransactionAsync(Slot slot)
        {
            switch (random.Next(3))
            {
                case 0 when slot.Open.Count < 3:
                    Last = "begin";
                    await slot.Session!.StartTransactionAsync(null, readOnly: false, Token);
                    slot.Open.Push(new Dictionary<int, int>(Rows(slot)));
                    break;
                case 1 when slot.Open.Count > 0:
                    Last = "commit";
                    await slot.Session!.CompleteTransactionAsync(Token);
                    var done = slot.Open.Pop();
                    if (slot.Open.Count > 0)
                    {
                        slot.Open.Pop();
                        slot.Open.Push(done);
                    }
                    else
                    {
                        _committed[(slot.Tenant!, slot.Number)] = done;
                    }

                    break;
                case 2 when slot.Open.Count > 0:
                    Last = "undo";
                    await slot.Session!.UndoTransactionAsync(Token);
                    slot.Open.Pop();
                    break;
            }
        }

        private async Task SessionAsync()
        {
            if (_sessions.Count < 5 && random.Next(3) > 0)
            {
                var tenant = Pick(s_tenants);
                Last = $"session of {tenant}";
                _sessions.Add(new Slot(++_lastSlot, tenant, await OpenSession.OpenAsync(Pick(pools), tenant, Token)));
            }
            else if (_sessions.Count > 0)
            {
                Last = "session ends";
                var slot = Pick(_sessions);
                _sessions.Remove(slot);
                await slot.Session!.DisposeAsync();
            }
        }

        // What the slot may see: its tenant's rows that are committed, its own as it left them.
        private async Task ReadsAsync(Slot slot, Func<string, Task<QueryCursor>> run, string sql)
        {
            Reads++;
            Last = $"{slot.Tenant} ({slot.Number}): {sql}";
            var expected = _committed.Where(c => c.Key.Tenant == slot.Tenant && (c.Key.Slot != slot.Number || slot.Open.Count == 0)).SelectMany(c => c.Value)
                .Concat(slot.Open.TryPeek(out var own) ? own : [])
                .Select(r => Text($"{slot.Tenant}/{r.Key}/{r.Value}")).Order(StringComparer.Ordinal);
            var seen = new List<string>();
            await using var cursor = await run(sql);
            while (await cursor.NextResultAsync())
            {
                while (await cursor.ReadAsync())
                {
                    seen.Add(Text($"{cursor.Row[0]}/{cursor.Row[1]}/{cursor.Row[2]}"));
                }
            }

            Assert.Equal(expected, seen.Order(StringComparer.Ordinal));
        }

        private async Task DoAsync(Func<string, Task<QueryCursor>> run, string sql)
        {
            Last = sql;
            await using var cursor = await run(sql);
            while (await cursor.NextResultAsync())
            {
            }
        }

        private async Task RefusedAsync(Func<string, Task<QueryCursor>> run, string sql)
        {
            var refused = await Assert.ThrowsAsync<TenantException>(() => DoAsync(run, sql));
            Assert.Contains(refused.ErrorId, (string[])["RowSecurityViolation", "ContextInvalid"]);
        }

        // A pipeline that is cut short in the middle of its rows.
        private async Task CutAsync(Func<string, Task<QueryCursor>> run)
        {
            Last = "cut";
            await using var cursor = await run("select g from generate_series(1, 50000) g");
            await cursor.NextResultAsync();
            await cursor.ReadAsync();
        }

        private static async Task<QueryCursor> Standalone(TenantDatabase pool, string tenant, string sql) =>
            await TenantQueries.RunAsync(pool, tenant, Query.Parse(sql, QueryParameters.None), new QueryOptions(), Token);

        private Task<QueryCursor> Standalone(TenantDatabase pool, string sql) => Standalone(pool, _tenant, sql);

        private string _tenant = "";

        private Dictionary<int, int> Rows(Slot slot)
        {
            _tenant = slot.Tenant!;
            if (slot.Open.TryPeek(out var open))
            {
                return open;
            }

            var key = (slot.Tenant!, slot.Number);
            return _committed.TryGetValue(key, out var rows) ? rows : _committed[key] = [];
        }

        private T Pick<T>(IReadOnlyList<T> from) => from[random.Next(from.Count)];

        private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
    }
}
