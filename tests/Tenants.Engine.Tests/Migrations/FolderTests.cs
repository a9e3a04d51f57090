using Tenants.Engine.Isolation;
using Tenants.Engine.Migrations;
using Tenants.Engine.Plans;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>What new migrations take over from the folder, and what they refuse.</summary>
public class FolderTests
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    private static readonly Installation s_installation = new("tenants", Installation.CurrentVersion, TenantIdType.Text, "tenants_owner_db", "tenants_admin_db", "tenants_session_db");

    [Theory]
    [InlineData(TenantMigrationFormat.Sql, "", "0001_add.up.sql")]
    [InlineData(TenantMigrationFormat.Sql, "07_one.sql", "08_add.up.sql")]
    [InlineData(TenantMigrationFormat.Sql, "20250101000000_one.up.sql", "20260304050607_add.up.sql")]
    [InlineData(TenantMigrationFormat.GolangMigrate, "", "20260304050607_add.up.sql")]
    [InlineData(TenantMigrationFormat.GolangMigrate, "000009_one.up.sql", "000010_add.up.sql")]
    [InlineData(TenantMigrationFormat.GolangMigrate, "20270101000000_later.up.sql", "20270101000001_add.up.sql")]
    [InlineData(TenantMigrationFormat.Dbmate, "", "20260304050607_add.sql")]
    [InlineData(TenantMigrationFormat.Dbmate, "202501010000_one.sql", "202603040506_add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "", "V1__add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "V1__one.sql V10__ten.sql V9__nine.sql R__view.sql", "V11__add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "V1.9__one.sql V1.10__two.sql", "V1.11__add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "V007__one.sql", "V008__add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "V20250101000000__one.sql", "V20260304050607__add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "V1__one.sql 2025/later/V7__seven.sql .old/V9__nine.sql", "V8__add.sql")]
    [InlineData(TenantMigrationFormat.Flyway, "V2__two.sql B10__all.sql", "V11__add.sql")]
    [InlineData(TenantMigrationFormat.FluentMigrator, "", "20260304050607_Add.cs")]
    public void Numbers_go_on_as_the_folder_has_them(TenantMigrationFormat format, string standing, string first)
    {
        using var folder = new TemporaryMigrations();
        foreach (var name in standing.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            folder.Add(name, "select 1;\n");
        }

        var draft = Draft(folder, format, "add");

        Assert.Equal(Path.Combine(folder.Path, first), draft.Files[0].Path);
        draft.Write();
        Assert.Equal("MigrationExists", Fails(() => Draft(folder, format, "add")).ErrorId);
        Assert.NotEmpty(Draft(folder, format, "add_more").Files);
    }

    [Theory]
    [InlineData(TenantMigrationFormat.GolangMigrate, "20260304050500_one.up.sql", "20260304050605", "20260304050606", "20260304050607")]
    [InlineData(TenantMigrationFormat.Dbmate, "20260304050606_one.sql", "20260304050607", "20260304050608", "20260304050609")]
    [InlineData(TenantMigrationFormat.Dbmate, "202603040500_one.sql", "202603040504", "202603040505", "202603040506")]
    [InlineData(TenantMigrationFormat.FluentMigrator, "", "20260304050605", "20260304050606", "20260304050607")]
    [InlineData(TenantMigrationFormat.Flyway, "V3__one.sql", "V4", "V5", "V6")]
    public void Several_numbers_by_the_clock_end_now_unless_the_newest_leaves_them_no_room(TenantMigrationFormat format, string standing, params string[] numbers)
    {
        using var folder = new TemporaryMigrations();
        if (standing.Length > 0)
        {
            folder.Add(standing, "select 1;\n");
        }

        PlanStep[] steps = [new("a", "select 1"), new("b", "create index concurrently i on t (a)") { Scope = StepScope.None }, new("c", "select 1")];
        var files = Draft(folder.Path, format, "add", steps).Files.Select(f => Path.GetFileName(f.Path).Split('_')[0]);

        Assert.Equal(numbers, files.Where(f => !f.StartsWith('U')).Distinct());
    }

    [Fact]
    public void What_makes_the_database_ready_is_found_in_a_folder_below_where_the_tool_looks_there()
    {
        using var folder = new TemporaryMigrations();
        Draft(Directory.CreateDirectory(Path.Combine(folder.Path, "2025")).FullName, TenantMigrationFormat.Flyway, "first").Write();

        Assert.Throws<TenantException>(() => Draft(folder, TenantMigrationFormat.Flyway, "first"));
        Assert.DoesNotContain(Draft(folder, TenantMigrationFormat.Flyway, "add").Files, f => f.Text.Contains("create role %I nologin", StringComparison.Ordinal));
        Assert.Contains(Draft(folder, TenantMigrationFormat.Sql, "add").Files, f => f.Text.Contains("create role %I nologin", StringComparison.Ordinal));
    }

    [Fact]
    public void A_class_for_EF_takes_over_namespace_context_and_what_names_them()
    {
        using var folder = new TemporaryMigrations();
        folder.Add("20250101000000_First.Designer.cs", "using Microsoft.EntityFrameworkCore.Infrastructure;\nusing Shop.Data;\nnamespace Shop.Data.Migrations\n{\n    [DbContext(typeof(ShopContext))]\n    [Migration(\"20250101000000_First\")]\n    partial class First { }\n}\n");

        var file = Assert.Single(Draft(folder, TenantMigrationFormat.EFCore, "add tenancy").Files);

        Assert.EndsWith("20260304050607_AddTenancy.cs", file.Path, StringComparison.Ordinal);
        Assert.Contains("using Shop.Data;\n\nnamespace Shop.Data.Migrations;\n", file.Text, StringComparison.Ordinal);
        Assert.Contains("[DbContext(typeof(ShopContext))]\n[Migration(\"20260304050607_AddTenancy\")]\npublic partial class AddTenancy : Migration", file.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_revision_follows_the_head_and_several_heads_are_refused()
    {
        using var folder = new TemporaryMigrations();
        folder.Add("env.py", "");
        Directory.CreateDirectory(Path.Combine(folder.Path, "versions"));
        folder.Add("versions/aaa_one.py", "revision: str = \"aaa\"\ndown_revision: Union[str, None] = None\n");
        folder.Add("versions/bbb_two.py", "revision = 'bbb'\ndown_revision = 'aaa'\n");
        folder.Add("versions/ccc_three.py", "revision = 'ccc'\ndown_revision = 'aaa'\n");
        folder.Add("versions/ddd_both.py", "revision = 'ddd'\ndown_revision = (\n    'bbb',\n    'ccc',\n)\n");

        var file = Assert.Single(Draft(folder, TenantMigrationFormat.Alembic, "add").Files);
        folder.Add("versions/eee_four.py", "revision = 'eee'\ndown_revision = 'bbb'\n");
        var several = Fails(() => Draft(folder, TenantMigrationFormat.Alembic, "add"));

        Assert.Contains("\ndown_revision = \"ddd\"\n", file.Text, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(folder.Path, "versions"), Path.GetDirectoryName(file.Path));
        Assert.Equal("MigrationHeadsSeveral", several.ErrorId);
        Assert.Contains("ddd, eee", several.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alembic.ini", "[alembic]\n# script_location = nowhere\nscript_location = db/alembic\n\n[loggers]\nscript_location = wrong\n", "db/alembic/versions")]
    [InlineData("alembic.ini", "[alembic]\r\nscript_location: %(here)s/db/alembic\r\n", "db/alembic/versions")]
    [InlineData("alembic.ini", "[alembic]\nscript_location = db/alembic\nversion_locations =\n    %(here)s/db/other\n", "db/other")]
    [InlineData("env.py", "", "versions")]
    [InlineData("README", "", "versions")]
    [InlineData("one.py", "revision = 'a'\ndown_revision = None\n", "")]
    public void Revisions_are_written_where_Alembic_looks_for_them(string file, string text, string expected)
    {
        using var folder = new TemporaryMigrations();
        foreach (var inner in new[] { "versions", "db/alembic/versions", "db/other" })
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, inner));
        }

        folder.Add(file, text);

        var written = Assert.Single(Draft(folder, TenantMigrationFormat.Alembic, "add").Files);

        Assert.Equal(Path.GetFullPath(Path.Combine(folder.Path, expected)).TrimEnd('/'), Path.GetDirectoryName(written.Path));
    }

    [Theory]
    [InlineData("README", "", "neither alembic.ini nor env.py")]
    [InlineData("env.py", "", "no folder 'versions'")]
    [InlineData("alembic.ini", "[alembic]\nfile_template = x\n", "names no script_location")]
    [InlineData("alembic.ini", "[alembic]\nscript_location = shop:migrations\n", "'shop:migrations'")]
    [InlineData("alembic.ini", "[alembic]\nscript_location = x\nversion_locations = a b\n", "several folders")]
    public void Where_that_is_not_known_nothing_is_written(string file, string text, string message)
    {
        using var folder = new TemporaryMigrations();
        folder.Add(file, text);

        var failure = Fails(() => Draft(folder, TenantMigrationFormat.Alembic, "add"));

        Assert.Equal("MigrationFolderNotFound", failure.ErrorId);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TenantMigrationFormat.Alembic, "x_one.py", "print('no revision here')\n")]
    [InlineData(TenantMigrationFormat.Alembic, "x_one.py", "revision = 'x'\ndown_revision = before()\n")]
    [InlineData(TenantMigrationFormat.Alembic, "x_one.py", "revision = 'x'\ndown_revision = 'gone'\n")]
    [InlineData(TenantMigrationFormat.Flyway, "Vnext__one.sql", "select 1;\n")]
    [InlineData(TenantMigrationFormat.Sql, "99999999999999999999999_one.sql", "select 1;\n")]
    [InlineData(TenantMigrationFormat.FluentMigrator, "One.cs", "[Numbered(2025, 1, 1)]\npublic class One : Migration { }\n")]
    [InlineData(TenantMigrationFormat.EFCore, "One.cs", "[DbContext(typeof(ShopContext))]\n[Migration(\"first\")]\npublic class One : Migration { }\n")]
    public void A_migration_that_tells_no_number_is_named(TenantMigrationFormat format, string name, string text)
    {
        using var folder = new TemporaryMigrations();
        folder.Add(name, text);

        var failure = Fails(() => Draft(folder, format, "add"));

        Assert.Equal("MigrationUnreadable", failure.ErrorId);
        Assert.Contains(name == "x_one.py" && text.Contains("gone", StringComparison.Ordinal) ? "gone" : name, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TenantMigrationFormat.Alembic, "x_one.py")]
    [InlineData(TenantMigrationFormat.EFCore, "20250101000000_One.cs")]
    [InlineData(TenantMigrationFormat.FluentMigrator, "One.cs")]
    public void A_migration_that_cannot_be_read_is_named(TenantMigrationFormat format, string name)
    {
        using var folder = new TemporaryMigrations();
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links to nowhere are a matter of rights there");
        File.CreateSymbolicLink(Path.Combine(folder.Path, name), Path.Combine(folder.Path, "nowhere"));

        var failure = Fails(() => Draft(folder, format, "add"));

        Assert.Equal("MigrationFolderNotUsable", failure.ErrorId);
        Assert.Contains($"{name}' cannot be read", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("../up")]
    [InlineData("-first")]
    [InlineData("naïve")]
    [InlineData("a\nb")]
    [InlineData("a'; drop table x")]
    public void A_name_that_is_no_file_s_nor_a_class_s_is_refused(string name)
    {
        using var folder = new TemporaryMigrations();
        Assert.Equal("InvalidMigrationName", Fails(() => Draft(folder, TenantMigrationFormat.Sql, name)).ErrorId);
    }

    [Fact]
    public void A_folder_that_is_not_there_has_no_context_or_cannot_be_written_is_named()
    {
        using var folder = new TemporaryMigrations();
        var missing = Path.Combine(folder.Path, "nowhere");

        Assert.Equal("MigrationFolderNotFound", Fails(() => Draft(missing, TenantMigrationFormat.Sql, "add")).ErrorId);
        Assert.Equal("MigrationContextNotFound", Fails(() => Draft(folder, TenantMigrationFormat.EFCore, "add")).ErrorId);
        var draft = Draft(folder, TenantMigrationFormat.Sql, "add");
        Directory.Delete(folder.Path);
        var gone = Fails(draft.Write);
        Directory.CreateDirectory(folder.Path);

        Assert.Equal("MigrationFolderNotUsable", gone.ErrorId);
        Assert.Contains(folder.Path, gone.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_came_meanwhile_is_not_overwritten_and_none_of_the_others_stays()
    {
        using var folder = new TemporaryMigrations();
        var draft = Draft(folder, TenantMigrationFormat.Sql, "add");
        folder.Add("0001_add.down.sql", "mine");

        var failure = Fails(draft.Write);

        Assert.Equal("MigrationExists", failure.ErrorId);
        Assert.Equal("mine", File.ReadAllText(Assert.Single(Directory.GetFiles(folder.Path))));
    }

    private static MigrationDraft Draft(TemporaryMigrations folder, TenantMigrationFormat format, string name) => Draft(folder.Path, format, name);

    private static MigrationDraft Draft(string folder, TenantMigrationFormat format, string name) =>
        Draft(folder, format, name, [new PlanStep("a step", "select 1") { Down = "select 2" }]);

    private static MigrationDraft Draft(string folder, TenantMigrationFormat format, string name, PlanStep[] steps) => MigrationWriter.Draft(
        new MigrationRequest(name, format, folder), new MigrationPlan(s_installation, false, [(new Plan("public.t", steps), null)]), s_now);

    private static TenantException Fails(Action action) => Assert.Throws<TenantException>(action);
}
