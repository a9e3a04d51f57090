using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Text;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>A name is a parameter where SQL could have a value, and nowhere else.</summary>
public sealed class ParameterBinderTests
{
    private static readonly QueryParameters s_named = QueryDatabase.Named(("id", 1), ("p", 2), ("Name", 3), ("a", 4), ("ü", 5));

    [Theory]
    [InlineData("select @id", "select $1")]
    [InlineData("select @id, @p, @ID", "select $1, $2, $1")]
    [InlineData("where x=@id", "where x=$1")]
    [InlineData("where x<>@id", "where x<>$1")]
    [InlineData("where x>@id and y<= @p", "where x>$1 and y<= $2")]
    [InlineData("where x @>@p", "where x @>$1")]
    [InlineData("where x @> @p", "where x @> $1")]
    [InlineData("where x <@ @p", "where x <@ $1")]
    [InlineData("where x @@ @p", "where x @@ $1")]
    [InlineData("where x @? @p", "where x @? $1")]
    [InlineData("where x @?@p", "where x @?$1")]
    [InlineData("where x ->>@p", "where x ->>$1")]
    [InlineData("select -@id", "select -$1")]
    [InlineData("select 1-@id", "select 1-$1")]
    [InlineData("select f(@id,@p)", "select f($1,$2)")]
    [InlineData("select @id::int", "select $1::int")]
    [InlineData("select array[@id]", "select array[$1]")]
    [InlineData("select x[@id:@p]", "select x[$1:$2]")]
    [InlineData("select ||@name", "select ||$1")]
    [InlineData("select @ü", "select $1")]
    [InlineData("select 1@id", "select 1 $1")]
    [InlineData("select '@id', \"@id\", $$@id$$, E'\\'@id', 'x' -- @id\n/* @id */", "select '@id', \"@id\", $$@id$$, E'\\'@id', 'x' -- @id\n/* @id */")]
    [InlineData("select x <@y, x @@y, @ -5, @(id)", "select x <@y, x @@y, @ -5, @(id)")]
    [InlineData("select 'a@id.com'", "select 'a@id.com'")]
    public void Names_become_numbers(string sql, string expected) => Assert.Equal(expected, Bind(sql, s_named).Sql);

    [Theory]
    [InlineData("select x <@p", "ParameterAmbiguous")]
    [InlineData("select x @@p", "ParameterAmbiguous")]
    [InlineData("select x ^@p", "ParameterAmbiguous")]
    [InlineData("select @nope", "ParameterMissing")]
    [InlineData("select x=@nope", "ParameterMissing")]
    [InlineData("select $1", "ParameterStyleMixed")]
    public void What_could_mean_another_thing_is_refused(string sql, string errorId) =>
        Assert.Equal(errorId, Assert.Throws<TenantException>(() => Bind(sql, s_named)).ErrorId);

    [Fact]
    public void A_forgotten_value_never_becomes_an_operator()
    {
        // PostgreSQL reads id = @ id, the absolute value, and would delete every row.
        Assert.Equal("ParameterMissing", Assert.Throws<TenantException>(() => Bind("delete from t where id = @id", QueryParameters.None)).ErrorId);
        Assert.Equal("ParameterMissing", Assert.Throws<TenantException>(() => Bind("delete from t where id=@id", QueryParameters.None)).ErrorId);
    }

    [Fact]
    public void Positions_are_numbered_anew_in_each_statement()
    {
        var parameters = QueryParameters.Positional([10, 20, 30]);
        var bound = Bind("select $3, $1, $3", parameters);
        Assert.Equal("select $1, $2, $1", bound.Sql);
        Assert.Equal([30, 10], bound.Parameters.Select(p => p.Value));
        Assert.Equal("ParameterMissing", Assert.Throws<TenantException>(() => Bind("select $4", parameters)).ErrorId);
        Assert.Equal("ParameterMissing", Assert.Throws<TenantException>(() => Bind("select $1", QueryParameters.None)).ErrorId);
        Assert.Equal("ParameterStyleMixed", Assert.Throws<TenantException>(() => Bind("select $1, @x", parameters)).ErrorId);
    }

    [Fact]
    public void What_a_statement_defines_has_parameters_of_its_own()
    {
        const string Function = "create function f(int) returns int begin atomic select $1; end";
        Assert.Equal(Function, Bind(Function, QueryParameters.None).Sql);
        Assert.Equal("prepare p(int) as select $1", Bind("prepare p(int) as select $1", s_named).Sql);
    }

    [Fact]
    public void A_place_in_what_was_sent_is_found_in_what_was_written()
    {
        const string Script = "select 1;\nselect @name, '\U0001F600', @id,\n  oops, @p";
        var bound = ParameterBinder.Bind(StatementSplitter.Split(Script)[1], s_named);
        foreach (var word in new[] { "select", "oops" })
        {
            var sent = bound.Sql.IndexOf(word, StringComparison.Ordinal);
            var position = bound.Sql[..sent].EnumerateRunes().Count() + 1;
            Assert.Equal(Script.IndexOf(word, word == "select" ? 5 : 0, StringComparison.Ordinal), bound.ToScriptOffset(position));
        }
    }

    private static BoundStatement Bind(string sql, QueryParameters parameters) => ParameterBinder.Bind(StatementSplitter.Split(sql)[0], parameters);
}
