"""What was accepted reaches the identity provider, exactly once.

`body` writes a provisioning, `outbox` queues it in the transaction of the decision and
delivers it in a job, `commands` shows an operator what waits or was refused. What the
identity provider does with it is the identity provider's: the account, its letter.
"""
