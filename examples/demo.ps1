<#
The main job, live: each command is printed, then run, on a PostgreSQL that is thrown away at the end.
Runs in PowerShell and in the project's own shell, which has no Write-Host: hence the host's own methods.
#>
[CmdletBinding()]
param()

$ErrorActionPreference = 'Stop'
$ui = $Host.UI

# A line that begins with # is told, what follows up to the next empty line is run.
$story = @'
# A PostgreSQL of our own. Yours: Connect-TenantDatabase -Server … -Database … -Credential …
$sandbox = Start-TenantSandbox
$sandbox | Connect-TenantDatabase

# A table with rows in it, from the time when there was one customer.
Invoke-TenantQuery -AsAdmin 'create table todo_item (id int generated always as identity primary key, title text not null)'
Invoke-TenantQuery -AsAdmin "insert into todo_item (title) values ('Water the plants'), ('Feed the cat')"

# Once for each database: the registry, three roles and the function that knows whose session it is. The first Enable would do it by itself.
Initialize-TenantDatabase

# What would be done to the table? These statements, and no others.
Enable-TenantRls -Table todo_item -DefaultTenant initech -WhatIf

# The rows that are there become initech's. All of it happens, or nothing.
Enable-TenantRls -Table todo_item -DefaultTenant initech

# Two more tenants, each with rows of its own. Nobody says which tenant a row is for: the session does.
New-Tenant acme, globex
Invoke-TenantQuery -Tenant acme "insert into todo_item (title) values ('Order anvils'), ('Test rocket skates')"
Invoke-TenantQuery -Tenant globex "insert into todo_item (title) values ('Rule the world')"

# acme sees what is acme's. There is no WHERE.
Invoke-TenantQuery -Tenant acme 'select * from todo_item'

# A change that forgets its WHERE stays inside, too.
Invoke-TenantQuery -Tenant globex "update todo_item set title = upper(title)" -As Count

# A row for somebody else is refused.
Invoke-TenantQuery -Tenant acme "insert into todo_item (tenant, title) values ('globex', 'Pay acme')"

# A tenant that nobody created is an error, not an empty result.
Invoke-TenantQuery -Tenant acmee 'select * from todo_item'

# One query for every tenant.
Get-Tenant | Invoke-TenantQuery 'select count(*) as items from todo_item'

# The admin still sees everything.
Invoke-TenantQuery -AsAdmin 'select tenant, id, title from todo_item order by id'
Get-TenantRls

# The way back: the table as it was, with its column and its rows.
Disable-TenantRls -Table todo_item -Confirm:$false

# And the server is gone.
Disconnect-TenantDatabase
Stop-TenantSandbox $sandbox
'@

foreach ($part in $story.ReplaceLineEndings("`n").Split("`n`n")) {
    foreach ($line in $part.Trim().Split("`n")) {
        if ($line.StartsWith('#')) {
            $ui.WriteLine()
            $ui.WriteLine([ConsoleColor]::DarkGreen, $Host.UI.RawUI.BackgroundColor, $line)
            continue
        }

        $ui.WriteLine("PS> $line")
        try {
            . ([scriptblock]::Create($line)) | Out-Default
        }
        catch {
            # Part of the story: the next command runs all the same.
            $ui.WriteErrorLine("$($_.FullyQualifiedErrorId.Split(',')[0]): $($_.Exception.Message)")
        }
    }
}

$ui.WriteLine()
$ui.WriteLine('Your turn. A prompt with the module loaded and a server to try on:')
$ui.WriteLine('    ./build.sh shell')
$ui.WriteLine('In your own PowerShell: Import-Module ./Tenants.psd1, then Get-Command -Module Tenants.')
