using Microsoft.EntityFrameworkCore;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>The context that a team's migrations are for; its model is of no concern here.</summary>
public sealed class ShopContext(DbContextOptions<ShopContext> options) : DbContext(options);
