using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Failing;

public class StatementErrorTests
{
    private const string Secret = "s3cret-value";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("select * from no_such_table", "TableNotFound", "42P01")]
    [InlineData("select no_such_column from t", "ColumnNotFound", "42703")]
    [InlineData("select no_such_function(1)", "FunctionNotFound", "42883")]
    [InlineData("selekt 1", "SyntaxError", "42601")]
    [InlineData("insert into t values (1, '" + Secret + "')", "UniqueViolation", "23505")]
    [InlineData("insert into t values (null, '" + Secret + "')", "NotNullViolation", "23502")]
    [InlineData("insert into t values (-1, '" + Secret + "')", "CheckViolation", "23514")]
    [InlineData("insert into child values (77)", "ForeignKeyViolation", "23503")]
    [InlineData("delete from t", "ForeignKeyViolation", "23503")]
    [InlineData("select '" + Secret + "'::integer", "InvalidValue", "22P02")]
    [InlineData("select '\"" + Secret + "\"x\"'::integer", "InvalidValue", "22P02")]
    [InlineData("select '{\"a\": " + Secret + "}'::jsonb", "InvalidValue", "22P02")]
    [InlineData("select 1/0", "InvalidValue", "22012")]
    [InlineData("set transaction read only; create table x ()", "ReadOnlyTransaction", "25006")]
    [InlineData("create schema public", "SchemaAlreadyExists", "42P06")]
    [InlineData("create table t ()", "TableAlreadyExists", "42P07")]
    [InlineData("select * from pg_authid", "PermissionDenied", "42501")]
    [InlineData("lock table locked nowait", "LockTimeout", "55P03")]
    public async Task An_error_has_a_stable_id_and_quotes_no_value(string sql, string id, string state)
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync("create table t (id integer primary key check (id > 0), word text); insert into t values (1, 'x'); create table child (t integer references t); insert into child values (1); create table locked ()");
        await using var holder = await test.Admin.OpenConnectionAsync(Token);
        await using var holding = await holder.BeginTransactionAsync(Token);
        await new NpgsqlCommand("lock table locked", holder).ExecuteNonQueryAsync(Token);
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(test.AdminConnectionString), Token);

        var error = await Assert.ThrowsAsync<TenantException>(() => database.UseAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(Token);
                await using var command = new NpgsqlCommand(sql, connection);
                return await command.ExecuteNonQueryAsync(Token);
            },
            Token));

        Assert.Equal((id, state), (error.ErrorId, error.SqlState));
        Assert.DoesNotContain(Secret, error.ToString() + error.Detail + error.Hint, StringComparison.Ordinal);
        Assert.Null(error.InnerException);
    }

    [Fact]
    public void A_cancel_before_the_limit_was_somebody_elses()
    {
        var cancel = new PostgresException("x", "ERROR", "ERROR", "57014");
        var limit = TimeSpan.FromSeconds(10);
        Assert.Equal("QueryCanceled", ServerErrors.Translate(cancel, new ErrorContext { Elapsed = TimeSpan.FromSeconds(1), Limit = limit }).ErrorId);
        Assert.Equal("StatementTimeout", ServerErrors.Translate(cancel, new ErrorContext { Elapsed = TimeSpan.FromSeconds(10.1), Limit = limit }).ErrorId);
        Assert.Equal("QueryCanceled", ServerErrors.Translate(cancel, new ErrorContext { Elapsed = TimeSpan.FromSeconds(500), Limit = TimeSpan.Zero }).ErrorId);
    }

    [Theory]
    [InlineData("new row violates row-level security policy for table \"todo item\"")]
    [InlineData("neue Zeile verletzt Policy für Sicherheit auf Zeilenebene für Tabelle »todo item«")]
    [InlineData("la nouvelle ligne viole la politique de sécurité au niveau ligne pour la table « todo item »")]
    public void A_row_that_the_policy_refuses_names_table_and_tenant_in_any_language(string text)
    {
        var error = ServerErrors.Translate(
            new PostgresException(text, "ERROR", "ERROR", "42501", routine: "ExecWithCheckOptions"), new ErrorContext { Tenant = "acme" });
        Assert.Equal(("RowSecurityViolation", "acme", "42501"), (error.ErrorId, error.Tenant, error.SqlState));
        Assert.Contains("todo item", error.Message, StringComparison.Ordinal);
        Assert.Contains("acme", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_syntax_error_says_line_and_column()
    {
        var error = ServerErrors.Translate(
            new PostgresException("syntax error", "ERROR", "ERROR", "42601", position: 10), new ErrorContext { Sql = "select 1\n, , 2" });
        Assert.Contains("line 2, column 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("acme", "acne", true)]
    [InlineData("acme", "amce", true)]
    [InlineData("acme", "ACME", true)]
    [InlineData("todo", "todo_item", true)]
    [InlineData("acme", "globex", false)]
    [InlineData("a", "zz", false)]
    public void Near_names_are_near(string wanted, string there, bool near) =>
        Assert.Equal(near ? [there] : [], NearNames.Find(wanted, [there, "something else entirely"]));
}
