using Tenants.Engine.Catalog;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

public class TableNameTests
{
    [Theory]
    [InlineData("todo_item", "public", "todo_item")]
    [InlineData("TODO_Item", "public", "todo_item")]
    [InlineData("App.Todo", "app", "todo")]
    [InlineData("\"Order Items\"", "public", "Order Items")]
    [InlineData("\"we.ird\".\"Na\"\"me\"", "we.ird", "Na\"me")]
    [InlineData("app.\"a.b\"", "app", "a.b")]
    [InlineData("ÄPFEL", "public", "ÄPfel")]
    public void A_name_means_what_PostgreSQL_would_read(string text, string schema, string name) =>
        Assert.Contains((schema, name == "ÄPfel" ? "Äpfel" : name), TableName.Parse(text).Candidates("public"));

    [Fact]
    public void What_was_typed_comes_before_what_it_is_folded_to() =>
        Assert.Equal([("public", "Todo"), ("public", "Todo"), ("public", "todo")], TableName.Parse("Todo").Candidates("public"));

    [Theory]
    [InlineData("todo_item", "todo_item")]
    [InlineData("Order Items", "\"Order Items\"")]
    [InlineData("a.b", "\"a.b\"")]
    [InlineData("Na\"me", "\"Na\"\"me\"")]
    [InlineData("日本", "\"日本\"")]
    public void What_is_written_out_is_read_back_as_the_same(string name, string written)
    {
        Assert.Equal($"app.{written}", TableName.Format("app", name));
        Assert.Contains(("app", name), TableName.Parse(TableName.Format("app", name)).Candidates("public"));
    }

    [Theory]
    [InlineData("*", "public", "todo", true)]
    [InlineData("*", "app", "todo", false)]
    [InlineData("app.*", "app", "Todo", true)]
    [InlineData("*.todo_?", "app", "todo_1", true)]
    [InlineData("todo_[a-c]", "public", "todo_B", true)]
    [InlineData("todo_[a-c]", "public", "todo_d", false)]
    [InlineData("\"a*\".*", "a*", "x", true)]
    [InlineData("\"a*\".*", "ab", "x", false)]
    [InlineData("a.c*", "aXc", "c1", false)]
    public void Wildcards_fit_whole_names(string pattern, string schema, string name, bool fits)
    {
        var parsed = TableName.Parse(pattern);
        Assert.True(parsed.HasWildcard);
        Assert.Equal(fits, parsed.Matcher("public")(schema, name));
    }

    [Fact]
    public void Quotes_take_the_meaning_of_wildcards_away() => Assert.False(TableName.Parse("\"a*b\"").HasWildcard);

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("a\0b")]
    public void Nothing_is_no_name(string text) =>
        Assert.Equal("InvalidIdentifier", Assert.Throws<TenantException>(() => TableName.Parse(text)).ErrorId);
}
