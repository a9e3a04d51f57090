using Tenants.Engine.Queries.Text;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>SQL is cut as PostgreSQL's own lexer cuts it.</summary>
public sealed class SqlLexerTests
{
    [Theory]
    [InlineData("select 1", "select|1")]
    [InlineData("a--b\nc", "a|c")]
    [InlineData("a/*x/*y*/z*/b", "a|b")]
    [InlineData("a /* never closed", "a")]
    [InlineData("a/**/b", "a|b")]
    [InlineData("a/*/*/ b */ */c", "a|c")]
    [InlineData("'it''s' x", "'it''s'|x")]
    [InlineData(@"'a\' x", @"'a\'|x")]
    [InlineData(@"E'a\'b' x", @"E'a\'b'|x")]
    [InlineData(@"e'a\\' x", @"e'a\\'|x")]
    [InlineData("'a'\n'b' x", "'a'\n'b'|x")]
    [InlineData("'a' 'b'", "'a'|'b'")]
    [InlineData("'a' -- c\n 'b' x", "'a' -- c\n 'b'|x")]
    [InlineData("E'a'\n'b\\'c' x", "E'a'\n'b\\'c'|x")]
    [InlineData("'a'\n/* c */'b'", "'a'|'b'")]
    [InlineData("b'01' x'ff' n'a' U&'d!0061t\\0061' U&\"d\" u & 'x'", "b'01'|x'ff'|n'a'|U&'d!0061t\\0061'|U&\"d\"|u|&|'x'")]
    [InlineData("\"a\"\"b;\" c", "\"a\"\"b;\"|c")]
    [InlineData("$$a'b;$$ c", "$$a'b;$$|c")]
    [InlineData("$a$ $b$ $$ $a$ c", "$a$ $b$ $$ $a$|c")]
    [InlineData("$ü$;$ü$", "$ü$;$ü$")]
    [InlineData("$1$2", "$1|$2")]
    [InlineData("a$$b$$", "a$$b$$")]
    [InlineData("a $$b$$", "a|$$b$$")]
    [InlineData("$1a", "$1|a")]
    [InlineData("naïve日本 \u00a0x", "naïve日本|\u00a0x")]
    [InlineData("1.5e-3 .5 1. 1..2 1e5", "1.5e-3|.5|1.|1|..|2|1e5")]
    [InlineData("a::int", "a|::|int")]
    [InlineData("a:=b", "a|:=|b")]
    [InlineData("a[1:2]", "a|[|1|:|2|]")]
    [InlineData("2*-1", "2|*|-|1")]
    [InlineData("2@-1", "2|@-|1")]
    [InlineData("a<@b", "a|<@|b")]
    [InlineData("a=-1", "a|=|-|1")]
    [InlineData("a->>'b'", "a|->>|'b'")]
    [InlineData("a=/*c*/b", "a|=|b")]
    [InlineData("a+--c\n1", "a|+|1")]
    [InlineData("a#>>b", "a|#>>|b")]
    [InlineData("a!=-b", "a|!=-|b")]
    [InlineData("a<>-b", "a|<>|-|b")]
    [InlineData("'unclosed ; x", "'unclosed ; x")]
    [InlineData("$x$unclosed ; $y$", "$x$unclosed ; $y$")]
    [InlineData("\\d t", "\\|d|t")]
    public void It_finds_the_tokens(string sql, string tokens) =>
        Assert.Equal(tokens, string.Join('|', SqlLexer.Tokenize(sql).Select(t => t.In(sql).ToString())));

    [Theory]
    [InlineData("select 1", 1)]
    [InlineData("select 1;", 1)]
    [InlineData(";; select 1 ; -- end\n ; /* ; */ select 2", 2)]
    [InlineData("select ';'; select $$;$$; select \";\"", 3)]
    [InlineData("create rule r as on insert to t do (select 1; select 2); select 3", 2)]
    [InlineData("create function f() returns int begin atomic select 1; select case when true then 1 else 2 end; end; select 3", 2)]
    [InlineData("create or replace procedure p() begin atomic insert into t values (1); end; select 3", 2)]
    [InlineData("create function f() returns int language sql as 'select 1; select 2'; select 3", 2)]
    [InlineData("create table atomic (\"begin\" int); select 3; select 4", 3)]
    [InlineData("create function begin() returns int language sql return 1; select 2", 2)]
    public void A_script_is_split_where_its_statements_end(string sql, int count) => Assert.Equal(count, StatementSplitter.Split(sql).Count);

    [Fact]
    public void A_comment_before_a_statement_stays_with_it()
    {
        var statements = StatementSplitter.Split("select 1;\n /*+ SeqScan(t) */ select 2 ;");
        Assert.Equal("/*+ SeqScan(t) */ select 2 ", statements[1].Text);
    }

    [Theory]
    [InlineData("begin")]
    [InlineData("/* c */ Begin work")]
    [InlineData("start transaction isolation level serializable")]
    [InlineData("commit")]
    [InlineData("commit prepared 'x'")]
    [InlineData("end")]
    [InlineData("rollback to savepoint a")]
    [InlineData("abort")]
    [InlineData("savepoint a")]
    [InlineData("release a")]
    [InlineData("prepare transaction 'x'")]
    [InlineData("set transaction read write")]
    [InlineData("set local transaction read write")]
    [InlineData("set session characteristics as transaction read only")]
    public void Transaction_control_is_refused(string sql) => Assert.Equal("TransactionControlRefused", ErrorOf(sql));

    [Theory]
    [InlineData("set role admin")]
    [InlineData("SET LOCAL ROLE none")]
    [InlineData("set session role x")]
    [InlineData("set \"role\" to x")]
    [InlineData("reset role")]
    [InlineData("set session authorization x")]
    [InlineData("set local session authorization default")]
    [InlineData("reset session authorization")]
    public void A_change_of_role_is_refused_to_tenants(string sql)
    {
        Assert.Equal("RoleChangeRefused", ErrorOf(sql));
        StatementGuard.Check(StatementSplitter.Split(sql)[0], asTenant: false);
    }

    [Theory]
    [InlineData("prepare p as select 1")]
    [InlineData("set constraints all deferred")]
    [InlineData("set search_path = x")]
    [InlineData("select 'begin'")]
    [InlineData("copy t to '/tmp/x'")]
    [InlineData("select stdin from \"from\"")]
    public void What_is_no_such_thing_passes(string sql) => StatementGuard.Check(StatementSplitter.Split(sql)[0], asTenant: true);

    private static string ErrorOf(string sql) =>
        Assert.Throws<TenantException>(() => StatementGuard.Check(StatementSplitter.Split(sql)[0], asTenant: true)).ErrorId;
}
