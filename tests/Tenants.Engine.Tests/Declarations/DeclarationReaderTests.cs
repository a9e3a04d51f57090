using Tenants.Engine.Declarations;
using Xunit;

namespace Tenants.Engine.Tests.Declarations;

public class DeclarationReaderTests
{
    [Fact]
    public void All_that_can_be_said_is_read()
    {
        var declaration = Tree.Read(
            ("tenanttype", "UUID"),
            ("Schema", "app"),
            ("Tables", new object[]
            {
                "todo_item",
                Tree.Map(
                    ("Table", "order*"),
                    ("Column", "tenant_id"),
                    ("Type", "VARCHAR ( 40 )"),
                    ("Rights", new object[] { "INSERT", "select" }),
                    ("Backfill", "select a.tenant from account a where a.id = t.account_id"),
                    ("Policies", Tree.Map(("Name", "own"), ("Kind", "permissive"), ("Command", "Update"), ("Role", "reader"), ("Using", "a"), ("Check", "b")))),
            }),
            ("SharedTables", new object[] { "country", Tree.Map(("Table", "plan"), ("Writable", true)) }));

        Assert.Equal((TenantIdType.Uuid, "app", "tenancy.psd1"), (declaration.TenantType, declaration.Schema, declaration.Source));
        var plain = declaration.Tables[0];
        Assert.Equal(("todo_item", null, null, null), (plain.Table, plain.Column, plain.Type, plain.DefaultTenant));
        Assert.Equal(["select", "insert", "update", "delete"], plain.Rights);
        var full = declaration.Tables[1];
        Assert.Equal(("order*", "tenant_id", "character varying(40)"), (full.Table, full.Column, full.Type));
        Assert.Equal(["select", "insert"], full.Rights);
        Assert.StartsWith("select a.tenant", full.Backfill, StringComparison.Ordinal);
        var policy = Assert.Single(full.Policies);
        Assert.Equal(("own", TenantPolicyKind.Permissive, TenantPolicyCommand.Update, "a", "b"), (policy.Name, policy.Kind, policy.Command, policy.Using, policy.Check));
        Assert.Equal("reader", Assert.Single(policy.Roles));
        Assert.Equal([("country", false), ("plan", true)], declaration.SharedTables.Select(s => (s.Table, s.Writable)));
    }

    [Theory]
    [InlineData("integer", "integer")]
    [InlineData("INT", "integer")]
    [InlineData("int8", "bigint")]
    [InlineData("character  varying", "character varying")]
    [InlineData("varchar(255)", "character varying(255)")]
    [InlineData("App.Tenant_Id", "app.tenant_id")]
    [InlineData("\"My App\".\"Id\"", "\"My App\".\"Id\"")]
    public void A_type_is_written_as_PostgreSQL_writes_it(string written, string expected) =>
        Assert.Equal(expected, Assert.Single(Tree.Tables(Tree.Map(("Table", "t"), ("Type", written))).Tables).Type);

    [Theory]
    [InlineData("jsonb")]
    [InlineData("smallint")]
    [InlineData("char(5)")]
    [InlineData("varchar(0)")]
    [InlineData("varchar(99999999)")]
    [InlineData("text[]")]
    [InlineData("tenant_id")]
    [InlineData("text; drop table t")]
    [InlineData("app.x default 1")]
    public void A_type_that_cannot_hold_a_tenant_is_refused_with_its_line(string type)
    {
        var value = (DeclaredScalar)Tree.Value(type);

        var failure = Assert.Throws<TenantException>(() => Tree.Tables(Tree.Map(("Table", "t"), ("Type", value))));

        Assert.Equal("ColumnTypeNotSupported", failure.ErrorId);
        Assert.Contains($"line {value.Line}, column 1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Expected: 'text', 'varchar'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_type_that_cannot_hold_the_declared_tenants_is_refused() =>
        Assert.Equal("ColumnTypeNotSupported", Assert.Throws<TenantException>(() => Tree.Read(
            ("TenantType", "integer"), ("Tables", Tree.Map(("Table", "t"), ("Type", "uuid"))))).ErrorId);

    public static TheoryData<string, object?, string> WrongEntries() => new()
    {
        { "Colunm", "x", "no key 'Colunm'. Did you mean 'Column'?" },
        { "Column", 5, "'Column' is a number. Expected: a text" },
        { "Column", "", "'Column' is empty" },
        { "Column", new string('x', 64), "longer than 63 bytes" },
        { "Rights", Array.Empty<object>(), "'Rights' is an empty list" },
        { "Rights", "truncate", "'truncate' is no right that policies guard" },
        { "Rights", new object[] { "select", "none" }, "'none' is no right" },
        { "Rights", new object[] { "select", "selct" }, "Did you mean 'select'?" },
        { "Rights", new object[] { "select", "Select" }, "given twice" },
        { "Rights", true, "A right is $true" },
        { "Policies", "own", "A policy is a text" },
        { "Policies", Array.Empty<object>(), "'Policies' is an empty list" },
        { "Policies", Tree.Map(("Using", "true")), "The policy has no name" },
        { "Policies", Tree.Map(("Name", "p")), "give Using" },
        { "Policies", Tree.Map(("Name", "p"), ("Command", "Select"), ("Check", "true")), "takes Using and no Check" },
        { "Policies", Tree.Map(("Name", "p"), ("Command", "Truncate"), ("Using", "true")), "Expected: 'All', 'Select'" },
        { "Policies", Tree.Map(("Name", "tenants_admin"), ("Using", "true")), "the module's own" },
        { "Policies", Tree.Map(("Name", "p"), ("Usin", "true"), ("Using", "true")), "Did you mean 'Using'?" },
        { "Policies", new object[] { Tree.Map(("Name", "p"), ("Using", "true")), Tree.Map(("Name", "p"), ("Using", "false")) }, "a policy 'p' already" },
    };

    [Theory]
    [MemberData(nameof(WrongEntries))]
    public void A_mistake_in_an_entry_is_named_with_what_is_expected(string key, object? value, string expected)
    {
        var failure = Assert.Throws<TenantException>(() => Tree.Tables(Tree.Map(("Table", "t"), (key, value))));

        Assert.Matches("^tenancy.psd1, line [0-9]+, column [0-9]+: ", failure.Message);
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.Equal("tenancy.psd1", failure.Target);
    }

    public static TheoryData<string, object?, string> WrongRoots() => new()
    {
        { "Table", "todo_item", "Did you mean 'Tables'?" },
        { "Tables", Array.Empty<object>(), "'Tables' is an empty list" },
        { "Tables", 7, "A table is a number" },
        { "Tables", new object[] { "" }, "A table is empty" },
        { "Tables", Tree.Map(("Column", "x")), "The entry names no table" },
        { "Tables", new object[] { new object[] { "a", "b" } }, "A table is a list" },
        { "Tables", new object[] { "a", Tree.Map(("Table", "a"), ("Column", "x")) }, "already. Expected: each table once" },
        { "Tables", Tree.Map(("Table", "a"), ("DefaultTenant", "x"), ("Backfill", "y")), "Expected: one of them" },
        { "SharedTables", Tree.Map(("Table", "a"), ("Writable", "yes")), "'Writable' is a text. Expected: $true or $false" },
        { "TenantType", "guid", "Expected: 'Text', 'Integer', 'Bigint', 'Uuid'" },
        { "Schema", true, "'Schema' is $true" },
    };

    [Theory]
    [MemberData(nameof(WrongRoots))]
    public void A_mistake_outside_of_entries_is_named_too(string key, object? value, string expected) =>
        Assert.Contains(expected, Assert.Throws<TenantException>(() => Tree.Read((key, value))).Message, StringComparison.Ordinal);

    [Fact]
    public void The_same_table_as_tenant_table_and_shared_one_is_refused() =>
        Assert.Contains("either under Tables or under SharedTables", Assert.Throws<TenantException>(() => Tree.Read(("Tables", "a"), ("SharedTables", "a"))).Message, StringComparison.Ordinal);

    [Fact]
    public void All_mistakes_are_told_at_once_in_the_order_of_their_lines()
    {
        var failure = Assert.Throws<TenantException>(() => Tree.Read(
            ("Tables", new object[] { Tree.Map(("Table", "a"), ("Type", "json")), Tree.Map(("Table", "b"), ("Colum", "x")), 3 })));

        Assert.Equal(3, failure.Message.Split('\n').Length);
        var lines = failure.Message.Split('\n').Select(l => int.Parse(l[(l.IndexOf("line ", StringComparison.Ordinal) + 5)..l.IndexOf(", column", StringComparison.Ordinal)], null)).ToList();
        Assert.Equal(lines.Order(), lines);
    }

    [Fact]
    public void A_default_tenant_may_be_a_number_and_must_be_of_the_declared_type()
    {
        var fits = Tree.Read(("TenantType", "integer"), ("Tables", Tree.Map(("Table", "a"), ("DefaultTenant", 7))));
        var fails = Assert.Throws<TenantException>(() => Tree.Read(("TenantType", "integer"), ("Tables", Tree.Map(("Table", "a"), ("DefaultTenant", "acme")))));

        Assert.Equal("7", Assert.Single(fits.Tables).DefaultTenant);
        Assert.Equal("InvalidTenant", fails.ErrorId);
    }

    [Fact]
    public void Nothing_and_no_rights_can_be_said()
    {
        var table = Assert.Single(Tree.Tables(Tree.Map(("Table", "a"), ("Column", null), ("Rights", "none"))).Tables);

        Assert.Null(table.Column);
        Assert.Empty(table.Rights);
        Assert.Throws<TenantException>(() => Tree.Read());
        Assert.Throws<TenantException>(() => DeclarationReader.Read(Tree.Value("x"), "f"));
    }
}
