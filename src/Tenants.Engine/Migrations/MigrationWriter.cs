using Tenants.Engine.Migrations.Formats;

namespace Tenants.Engine.Migrations;

/// <summary>Writes plans down as migrations of other tools.</summary>
public static class MigrationWriter
{
    /// <summary>Looks whether a migration can be written at all, before the database is asked what is missing.</summary>
    /// <param name="request">Its name, its tool, its folder.</param>
    /// <exception cref="TenantException"><c>InvalidMigrationName</c>, <c>MigrationFolderNotFound</c>, <c>MigrationFolderNotUsable</c>.</exception>
    public static void Check(MigrationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _ = MigrationName.Parse(request.Name);
        _ = MigrationFolder.Open(request.Folder);
    }

    /// <summary>The files of a migration. Nothing is written yet.</summary>
    /// <param name="request">Its name, its tool, its folder.</param>
    /// <param name="plan">What it is to do.</param>
    /// <param name="now">The time, by which some tools number.</param>
    /// <exception cref="TenantException">
    /// <c>InvalidMigrationName</c>, <c>MigrationFolderNotFound</c>, <c>MigrationFolderNotUsable</c>, <c>MigrationUnreadable</c>,
    /// <c>MigrationHeadsSeveral</c>, <c>MigrationContextNotFound</c>, <c>MigrationExists</c>.
    /// </exception>
    public static MigrationDraft Draft(MigrationRequest request, MigrationPlan plan, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(plan);
        var name = MigrationName.Parse(request.Name);
        var format = MigrationFormats.For(request.Format);
        var folder = MigrationFolder.Open(request.Folder);
        string[] warnings = [.. plan.Parts.SelectMany(p => p.Plan.Warnings.Concat(p.Plan.Questions)).Distinct()];
        if (plan.IsEmpty)
        {
            return new MigrationDraft([], warnings);
        }

        // A team's own database may have been initialised by hand, and the one where the migration runs not: so it comes along, unless
        // the folder has it already.
        var home = format.Home(folder);
        var ready = plan.Initializes || !InitializeUnit.IsIn(home) ? InitializeUnit.Make(plan.Installation, name) : InitializeUnit.Guard(plan.Installation);
        var units = MigrationJoin.Join([ready, .. plan.Parts.SelectMany(p => MigrationUnits.Of(plan.Installation, p.Plan, p.QuotedTable))]);
        return new MigrationDraft(format.Write(home, name, units, now), warnings);
    }
}
