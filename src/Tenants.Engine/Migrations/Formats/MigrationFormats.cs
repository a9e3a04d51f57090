namespace Tenants.Engine.Migrations.Formats;

/// <summary>Finds the class that writes for a tool.</summary>
internal static class MigrationFormats
{
    /// <summary>How a tool wants it.</summary>
    public static IMigrationFormat For(TenantMigrationFormat format) => format switch
    {
        TenantMigrationFormat.Sql => new PairedSqlFormat("0001"),
        TenantMigrationFormat.GolangMigrate => new PairedSqlFormat(VersionNumbers.Timestamp),
        TenantMigrationFormat.Flyway => new FlywayFormat(),
        TenantMigrationFormat.Dbmate => new DbmateFormat(),
        TenantMigrationFormat.Alembic => new AlembicFormat(),
        TenantMigrationFormat.EFCore => new EFCoreFormat(),
        TenantMigrationFormat.FluentMigrator => new FluentMigratorFormat(),
        _ => throw new ArgumentOutOfRangeException(nameof(format)),
    };
}
