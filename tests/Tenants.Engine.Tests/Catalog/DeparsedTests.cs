using Tenants.Engine.Catalog;
using Xunit;

namespace Tenants.Engine.Tests.Catalog;

public class DeparsedTests
{
    private const string Tenant = "(tenant = ( SELECT tenants.current_tenant() AS current_tenant))";

    [Theory]
    [InlineData(Tenant)]
    [InlineData("tenant = ( SELECT tenants.current_tenant() AS current_tenant)")]
    [InlineData("(" + Tenant + " AND (title = 'x'::text))")]
    [InlineData("((title = 'x'::text) AND " + Tenant + ")")]
    [InlineData("((title = ') OR ('::text) AND " + Tenant + ")")]
    [InlineData("((\"a \"\" OR b\" = 1) AND " + Tenant + ")")]
    [InlineData("(((a = 1) OR (b = 2)) AND " + Tenant + ")")]
    public void A_conjunction_with_the_condition_requires_it(string expression) => Assert.True(Deparsed.Requires(expression, Tenant));

    [Theory]
    [InlineData("true")]
    [InlineData("(" + Tenant + " OR true)")]
    [InlineData("(NOT " + Tenant + ")")]
    [InlineData("(NOT ((a = 1) AND " + Tenant + "))")]
    [InlineData("((title = '(x) AND " + Tenant + "'::text) OR true)")]
    [InlineData("(((a = 1) AND " + Tenant + ") OR (b = 2))")]
    [InlineData("((((a = 1) AND " + Tenant + ")) IS NOT TRUE)")]
    [InlineData("CASE WHEN " + Tenant + " THEN true ELSE true END")]
    [InlineData("(tenant = ( SELECT other.current_tenant() AS current_tenant))")]
    public void Anything_else_does_not(string expression) => Assert.False(Deparsed.Requires(expression, Tenant));

    [Theory]
    [InlineData("true", true)]
    [InlineData("((a = 1) OR " + Tenant + ")", true)]
    [InlineData("(((a = 1) OR " + Tenant + ") AND (b = 1))", false)]
    [InlineData("(a = 1)", false)]
    public void A_disjunction_with_the_condition_allows_all_that_it_allows(string expression, bool allows) =>
        Assert.Equal(allows, Deparsed.Allows(expression, Tenant));

    [Theory]
    [InlineData("a", "(a)")]
    [InlineData("((a = 1))", "(a = 1)")]
    [InlineData("(a = 1) AND (b = 2)", "((a = 1) AND (b = 2))")]
    public void It_is_enclosed_once(string expression, string enclosed) => Assert.Equal(enclosed, Deparsed.Enclosed(expression));
}
