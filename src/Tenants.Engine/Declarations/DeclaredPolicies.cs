using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>Adds the declared policies to the plan of their table: those that are missing are made, those that say something else replaced.</summary>
internal sealed class DeclaredPolicies(NpgsqlConnection connection, EnablePlan enabling, bool isInstalled, ResolvedTable table, bool force)
{
    private readonly List<PlanStep> _steps = [];
    private readonly List<string> _warnings = [];

    /// <summary>The plan with them.</summary>
    public async Task<DeclaredPlan> AddAsync(CancellationToken cancellationToken)
    {
        var standing = await PolicyReader.ReadAsync(connection, [enabling.Table.Oid], cancellationToken).ConfigureAwait(false);
        if (table.Declared.Policies.Count > 0)
        {
            var ground = await PolicyGround.ReadAsync(connection, enabling, table.Request, standing, cancellationToken).ConfigureAwait(false);
            foreach (var request in table.Declared.Policies)
            {
                try
                {
                    await AddAsync(ground, request, cancellationToken).ConfigureAwait(false);
                }
                catch (TenantException e) when (request.DeclaredLine is { } line)
                {
                    throw e.At($"policy '{request.Name}'", line);
                }
            }
        }

        var surplus = standing.Where(p => !p.IsOwn && !table.Declared.Policies.Any(d => d.Name == p.Name)).ToList();
        _warnings.AddRange(surplus.Select(p =>
            $"{enabling.Table.DisplayName}: the policy '{p.Name}' stands and is not declared. It is left as it is: Compare-TenantRls tells what else differs, Remove-TenantPolicy drops it."));
        var plan = enabling.Plan with
        {
            Steps = [.. enabling.Plan.Steps, .. _steps],
            Warnings = [.. enabling.Plan.Warnings, .. _warnings],
        };
        return new DeclaredPlan(enabling with { Plan = plan }, surplus) { Policies = _steps };
    }

    private async Task AddAsync(PolicyGround ground, PolicyRequest request, CancellationToken cancellationToken)
    {
        await PolicyRoles.EnsureUsableAsync(connection, enabling.Installation, request, cancellationToken).ConfigureAwait(false);
        request = AdminMark.Fill(request, enabling.Installation);
        var wanted = await ReadAsync(ground, request, cancellationToken).ConfigureAwait(false);
        var same = ground.Standing.FirstOrDefault(p => p.Name == request.Name);
        if (same is not null && PolicyStatements.IsSame(same, wanted))
        {
            return;
        }

        var others = ground.Standing.Where(p => p.Name != request.Name).ToList();
        var effect = await PolicyEffect.JudgeAsync(connection, enabling.Installation, ground.Table, wanted, others, cancellationToken).ConfigureAwait(false);
        if (effect.Opens is { } opens && !force)
        {
            throw PolicyStatements.Opening(ground.Table, wanted, opens);
        }

        _warnings.AddRange(effect.Warnings);
        if (same is not null)
        {
            _steps.Add(PolicyStatements.Drop(ground.Table.QuotedName, same) with
            {
                Purpose = $"the policy {same.Name} says something else",
                Mends = TenantRlsDifferenceKind.PolicyChanged,
            });
        }

        _steps.Add(PolicyStatements.Create(ground.Table.QuotedName, wanted) with
        {
            Purpose = $"policy {wanted.Name}",
            Mends = same is null ? TenantRlsDifferenceKind.PolicyMissing : null,
        });
    }

    private async Task<TenantPolicy> ReadAsync(PolicyGround ground, PolicyRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await PolicyStatements.ReadAsync(connection, ground.Table, request, ground.NewColumn, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!isInstalled && e.SqlState == PostgresErrorCodes.InvalidSchemaName)
        {
            // It calls what is only shown so far: it is written as it was given.
            return PolicyStatements.Unread(ground.Table, request);
        }
    }
}
