using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;
using Xunit;

namespace Tenants.Engine.Tests.Declarations;

public class DeclarationWriterTests
{
    [Fact]
    public void Only_what_differs_from_what_is_anyway_is_written_and_a_table_takes_one_line()
    {
        var text = DeclarationWriter.Write(new TenancyDeclaration(
            "f",
            TenantIdType.Uuid,
            null,
            [
                new DeclaredTable("public.a", 0),
                new DeclaredTable("public.b", 0) { Column = "tenant_id", Rights = ["select"] },
                new DeclaredTable("public.c", 0) { Rights = [], Policies = [new PolicyRequest("own", TenantPolicyKind.Restrictive, TenantPolicyCommand.All, [], "o = 'x'", null)] },
            ],
            [new DeclaredSharedTable("public.country", 0, false), new DeclaredSharedTable("public.plan", 0, true)]));

        Assert.Equal(
            """
            @{
                TenantType   = 'uuid'
                Tables       = @(
                    'public.a'
                    @{ Table = 'public.b'; Column = 'tenant_id'; Rights = 'select' }
                    @{
                        Table = 'public.c'
                        Rights = 'none'
                        Policies = @(
                            @{ Name = 'own'; Using = 'o = ''x''' }
                        )
                    }
                )
                SharedTables = @(
                    'public.country'
                    @{ Table = 'public.plan'; Writable = $true }
                )
            }

            """,
            text);
    }
}
